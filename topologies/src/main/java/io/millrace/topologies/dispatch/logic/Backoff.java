package io.millrace.topologies.dispatch.logic;

import java.util.random.RandomGenerator;

/**
 * Exponential backoff with full jitter: a uniform time between 0 and min(longest, base × 2^n).
 * Source: M. Brooker, "Exponential Backoff And Jitter", AWS Architecture Blog, 2015.
 */
final class Backoff {
  private static final int DOUBLINGS_MAX = 30;

  private Backoff() {}

  /**
   * How long to wait.
   *
   * @param attempt number of the attempt that failed, from 1
   * @param baseMillis base
   * @param longestMillis bound of the exponential
   * @return milliseconds
   */
  static long millis(int attempt, long baseMillis, long longestMillis, RandomGenerator random) {
    int doublings = Math.min(DOUBLINGS_MAX, Math.max(0, attempt - 1));
    long longest = Math.min(longestMillis, Long.MAX_VALUE - 1);
    long bound = baseMillis > longest >> doublings ? longest : baseMillis << doublings;
    return bound <= 0 ? 0 : random.nextLong(bound + 1);
  }
}
