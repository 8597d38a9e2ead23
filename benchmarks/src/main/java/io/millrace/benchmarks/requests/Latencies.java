package io.millrace.benchmarks.requests;

import java.util.Arrays;

/** Latencies of one round; grows as needed. */
final class Latencies {
  private static final int INITIAL = 4_096;
  private static final double NANOS_PER_MILLI = 1e6;

  private long[] nanos = new long[INITIAL];
  private int count;
  private boolean sorted = true;

  /** Adds one, nanoseconds. */
  void add(long latencyNanos) {
    if (count == nanos.length) {
      nanos = Arrays.copyOf(nanos, count * 2);
    }
    nanos[count++] = latencyNanos;
    sorted = false;
  }

  /** How many there are. */
  int count() {
    return count;
  }

  /**
   * The least latency that at least the given share does not exceed (nearest rank).
   *
   * @param share over 0, at most 1
   * @return milliseconds; NaN if there are none
   */
  double percentileMillis(double share) {
    if (!(share > 0 && share <= 1)) {
      throw new IllegalArgumentException("expected a share over 0 and at most 1, got " + share);
    }
    if (count == 0) {
      return Double.NaN;
    }
    if (!sorted) {
      Arrays.sort(nanos, 0, count);
      sorted = true;
    }
    return nanos[(int) Math.ceil(share * count) - 1] / NANOS_PER_MILLI;
  }
}
