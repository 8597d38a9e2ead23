package io.millrace.benchmarks.drill;

import java.util.Set;

/**
 * A {@code kill -9}.
 *
 * @param at Unix milliseconds
 * @param worker the worker whose tasks it hit; empty: every worker's
 * @param begun operations whose lines had just been appended
 */
record Kill(long at, String worker, Set<String> begun) {}
