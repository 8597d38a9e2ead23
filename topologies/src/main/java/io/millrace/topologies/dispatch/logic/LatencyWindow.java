package io.millrace.topologies.dispatch.logic;

import com.datadoghq.sketch.ddsketch.DDSketch;
import com.datadoghq.sketch.ddsketch.DDSketches;

/**
 * Quantiles of recent latencies: two sketches of half the span each, of which the elder is dropped
 * when the younger is full.
 *
 * <p>Source: Masson, Rim, Lee: "DDSketch: A fast and fully-mergeable quantile sketch with
 * relative-error guarantees", VLDB 2019.
 */
final class LatencyWindow {
  /** Relative accuracy of the quantiles. */
  static final double ACCURACY = 0.02;

  /** Fewest latencies that a quantile is given of. */
  static final int COUNT_MIN = 50;

  private static final double LATENCY_MAX_MILLIS = 1e9;
  private static final long ANSWER_MILLIS = 200;

  private final long halfSpan;
  private DDSketch younger = DDSketches.unboundedDense(ACCURACY);
  private DDSketch elder = DDSketches.unboundedDense(ACCURACY);
  private long youngerSince;
  private double answer = Double.NaN;
  private double answerOf;
  private long answerAt = Long.MIN_VALUE;

  /**
   * @param spanMillis how far back it looks, at most
   */
  LatencyWindow(long spanMillis, long now) {
    this.halfSpan = spanMillis / 2;
    this.youngerSince = now;
  }

  /** Adds one; what is no latency is left out. */
  void add(double millis, long now) {
    if (millis >= 0) {
      turn(now);
      younger.accept(Math.min(millis, LATENCY_MAX_MILLIS));
    }
  }

  /**
   * A quantile of the recent latencies, up to 200 ms old.
   *
   * @param quantile above 0, below 1
   * @return milliseconds; NaN of fewer than 50 latencies
   */
  double quantile(double quantile, long now) {
    if (quantile == answerOf && now >= answerAt && now - answerAt < ANSWER_MILLIS) {
      return answer;
    }
    turn(now);
    answerOf = quantile;
    answerAt = now;
    answer = Double.NaN;
    if (younger.getCount() + elder.getCount() >= COUNT_MIN) {
      DDSketch both = younger.copy();
      both.mergeWith(elder);
      answer = both.getValueAtQuantile(quantile);
    }
    return answer;
  }

  private void turn(long now) {
    long age = now - youngerSince;
    if (age >= 0 && age < halfSpan) {
      return;
    }
    // A clock that jumped back starts a new half as well, so that none grows for ever.
    elder = age >= 2 * halfSpan ? DDSketches.unboundedDense(ACCURACY) : younger;
    younger = DDSketches.unboundedDense(ACCURACY);
    youngerSince = now;
  }
}
