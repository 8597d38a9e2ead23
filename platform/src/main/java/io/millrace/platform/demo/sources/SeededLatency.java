package io.millrace.platform.demo.sources;

import java.time.Duration;
import java.util.random.RandomGenerator;

/**
 * Draws how long an answer takes: log-normal around a median, cut to a range.
 *
 * <p>Services on the network take that shape: most answers near the median, a tail of slow ones.
 *
 * @param min shortest answer
 * @param max longest answer
 */
public record SeededLatency(Duration min, Duration max) {

  /** 80 ms to 400 ms. */
  public static final SeededLatency DEFAULT =
      new SeededLatency(Duration.ofMillis(80), Duration.ofMillis(400));

  /** Spread of the logarithm; 0.45 puts the 95th percentile at about twice the median. */
  private static final double SIGMA = 0.45;

  public SeededLatency {
    if (min.isNegative() || max.compareTo(min) < 0) {
      throw new IllegalArgumentException(
          "latency from " + min + " to " + max + ", expected 0 <= min <= max");
    }
  }

  /** The next latency of {@code random}; its median is the geometric mean of the range. */
  Duration draw(RandomGenerator random) {
    double median = Math.sqrt((double) min.toNanos() * (double) max.toNanos());
    long nanos = (long) (median * Math.exp(SIGMA * random.nextGaussian()));
    return Duration.ofNanos(Math.min(max.toNanos(), Math.max(min.toNanos(), nanos)));
  }
}
