package io.millrace.benchmarks.drill;

/**
 * A {@code kill -9}.
 *
 * @param at Unix milliseconds
 * @param worker the worker whose tasks it hit; empty: every worker's
 * @param whileRunning whether a non-idempotent task was surely running under it
 */
record Kill(long at, String worker, boolean whileRunning) {}
