package io.millrace.benchmarks.requests;

import java.util.Map;
import java.util.TreeMap;

/**
 * How long a language model takes bare for a row of so many tokens, on one processor: straight
 * lines between the lengths that were measured.
 */
final class ServiceTimes {
  private final TreeMap<Integer, Double> millis;

  /**
   * @param millis measured, by length; at least two
   */
  ServiceTimes(Map<Integer, Double> millis) {
    this.millis = new TreeMap<>(millis);
    if (this.millis.size() < 2) {
      throw new IllegalArgumentException("expected two lengths or more, but got " + millis);
    }
  }

  /** Of a row of a length, milliseconds. */
  double of(int length) {
    int low = millis.headMap(millis.lastKey(), false).floorKey(Math.max(length, millis.firstKey()));
    int high = millis.higherKey(low);
    double from = millis.get(low);
    return from + (millis.get(high) - from) * (length - low) / (high - low);
  }

  /**
   * The factor on lengths with which the mean time of a row is as asked for.
   *
   * @param lengths as recorded
   * @param most tokens that a row may have
   * @param meanMillis what is asked for
   * @return at most 1; 1 also where that is not enough
   */
  double scale(double[] lengths, int most, double meanMillis) {
    double low = 0;
    double high = 1;
    for (int i = 0; i < Double.MAX_EXPONENT && high - low > 1e-9; i++) {
      double middle = (low + high) / 2;
      if (mean(lengths, most, middle) < meanMillis) {
        low = middle;
      } else {
        high = middle;
      }
    }
    return high;
  }

  /** The mean time of a row where lengths are multiplied by a factor, milliseconds. */
  double mean(double[] lengths, int most, double factor) {
    double sum = 0;
    for (double length : lengths) {
      sum += of(scaled(length, most, factor));
    }
    return sum / lengths.length;
  }

  /** A length multiplied by a factor, at least 1. */
  static int scaled(double length, int most, double factor) {
    return (int) Math.max(1, Math.min(most, Math.round(length * factor)));
  }
}
