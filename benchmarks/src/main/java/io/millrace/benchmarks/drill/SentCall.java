package io.millrace.benchmarks.drill;

/**
 * A call that was sent.
 *
 * @param idempotent whether its tool is
 * @param sentAt Unix milliseconds
 * @param deadlineAt Unix milliseconds
 */
record SentCall(boolean idempotent, long sentAt, long deadlineAt) {}
