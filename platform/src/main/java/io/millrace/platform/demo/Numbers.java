package io.millrace.platform.demo;

import java.time.Duration;
import java.util.Locale;

/** Writes numbers for people. */
final class Numbers {

  private Numbers() {}

  /** Milliseconds below one second, else seconds with two decimals. */
  static String time(Duration duration) {
    long millis = duration.toMillis();
    return millis < 1000 ? millis + " ms" : String.format(Locale.ROOT, "%.2f s", millis / 1000.0);
  }

  /** How many times longer {@code slow} is than {@code fast}. */
  static double ratio(Duration slow, Duration fast) {
    return (double) slow.toNanos() / Math.max(1, fast.toNanos());
  }

  /** A ratio such as {@code 6.9x}. */
  static String times(double ratio) {
    return String.format(Locale.ROOT, ratio < 20 ? "%.1fx" : "%.0fx", ratio);
  }

  /** A count with its noun, which takes an s unless there is one of it. */
  static String count(long number, String noun) {
    return String.format(Locale.ROOT, "%,d %s%s", number, noun, number == 1 ? "" : "s");
  }
}
