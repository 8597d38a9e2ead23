package io.millrace.topologies.health.patterns.logic;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * A monotonic trend in a series, told from noise and from a single step.
 *
 * <p>Significance is that of Mann and Kendall (H. B. Mann, "Nonparametric tests against trend",
 * Econometrica 1945), the slope that of Theil and Sen (P. K. Sen, 1968). A line must fit better
 * than the best single step by a likelihood ratio: a step that stays is a change, not a
 * degradation.
 *
 * @param z standard score of Mann and Kendall
 * @param slope median slope, by the unit of the times
 * @param nats log-likelihood ratio of a line against the best step
 */
record Trend(double z, double slope, double nats) {

  /** The trend of a series; null where it is too short to have one. */
  static @Nullable Trend of(double[] times, double[] values) {
    int n = times.length;
    if (n < 4) {
      return null;
    }
    double[] slopes = new double[n * (n - 1) / 2];
    int k = 0;
    long concordance = 0;
    for (int i = 0; i < n; i++) {
      for (int j = i + 1; j < n; j++) {
        slopes[k++] = (values[j] - values[i]) / (times[j] - times[i]);
        concordance += (long) Math.signum(values[j] - values[i]);
      }
    }
    Arrays.sort(slopes);
    double variance = n * (n - 1.0) * (2 * n + 5) / 18;
    double z = (concordance - Math.signum((double) concordance)) / Math.sqrt(variance);
    double line = Math.max(1e-9, residualOfLine(times, values));
    double step = Math.max(1e-9, residualOfStep(values));
    return new Trend(z, slopes[slopes.length / 2], n / 2.0 * Math.log(step / line));
  }

  private static double residualOfLine(double[] times, double[] values) {
    double t = Arrays.stream(times).average().orElse(0);
    double v = Arrays.stream(values).average().orElse(0);
    double tt = 0;
    double tv = 0;
    double vv = 0;
    for (int i = 0; i < times.length; i++) {
      tt += (times[i] - t) * (times[i] - t);
      tv += (times[i] - t) * (values[i] - v);
      vv += (values[i] - v) * (values[i] - v);
    }
    return vv - tv * tv / tt;
  }

  private static double residualOfStep(double[] values) {
    double all = 0;
    double squares = 0;
    for (double value : values) {
      all += value;
      squares += value * value;
    }
    double best = Double.MAX_VALUE;
    double left = 0;
    for (int i = 1; i < values.length; i++) {
      left += values[i - 1];
      double right = all - left;
      best = Math.min(best, squares - left * left / i - right * right / (values.length - i));
    }
    return best;
  }
}
