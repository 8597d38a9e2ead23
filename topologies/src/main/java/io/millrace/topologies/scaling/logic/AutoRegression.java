package io.millrace.topologies.scaling.logic;

import io.millrace.topologies.memory.logic.Memory;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;

/**
 * Foretells by a linear regression of the change of the logarithm of the rate over the lead on what
 * was known before it.
 *
 * <p>It knows: the last change; how far the means of the last 3 to 144 windows, and the rates at
 * the same minute one and two hours earlier, lie from the last rate; the time of the hour, and
 * where asked for the time of the day, as harmonics. The weights are learnt by recursive least
 * squares with exponential forgetting and a ridge (L. Ljung, T. Söderström, "Theory and Practice of
 * Recursive Identification", 1983). Errors over half the usual one weigh less (P. J. Huber, "Robust
 * Estimation of a Location Parameter", 1964), so that it aims at the median, and windows weigh by
 * the root of their rate, because a share of much is more than a share of little. Where nothing
 * changes nothing is forgotten, or the covariance would grow without bound.
 */
public final class AutoRegression implements Forecaster {
  private static final int[] LONG_MEANS = {3, 6, 12, 36, 144};
  private static final int[] SHORT_MEANS = {6, 36};
  private static final int HOUR_HARMONICS = 3;
  private static final double HUBER = 0.5;
  private static final double ERROR_DECAY = 0.99;
  private static final double ERROR_START = 0.1;
  private static final double SLOW_DECAY = 0.998;
  private static final double CHANGE_MAX = 1.5;
  private static final double VARIANCE_MAX = 1e4;

  private final String name;
  private final Seasons seasons;
  private final int lead;
  private final int[] means;
  private final int dayHarmonics;
  private final double forgetting;
  private final Rates rates;
  private final Deque<double[]> asked = new ArrayDeque<>();
  private final double[] weights;
  private final double[][] covariance;
  private double error = ERROR_START;
  private double slowRate;

  private AutoRegression(
      String name,
      Seasons seasons,
      int lead,
      int[] means,
      int dayHarmonics,
      double forgetting,
      double ridge) {
    this.name = name;
    this.seasons = seasons;
    this.lead = lead;
    this.means = means;
    this.dayHarmonics = seasons.day() == 0 ? 0 : dayHarmonics;
    this.forgetting = forgetting;
    this.rates = new Rates(Math.max(145, 2 * seasons.hour() + 1));
    int size =
        2
            + (seasons.hour() > 1 ? 2 : 0)
            + means.length
            + Features.count(seasons.hour(), HOUR_HARMONICS)
            + Features.count(seasons.day(), this.dayHarmonics);
    this.weights = new double[size];
    this.covariance = new double[size][size];
    for (int i = 0; i < size; i++) {
      covariance[i][i] = 1 / ridge;
    }
  }

  /**
   * One that forgets within some hundred windows and knows the time of the hour.
   *
   * @param lead windows to look ahead, 1 or more
   */
  public static AutoRegression quick(Seasons seasons, int lead) {
    return new AutoRegression("regression-hour", seasons, lead, LONG_MEANS, 0, 0.995, 1);
  }

  /**
   * One that forgets nothing and also knows the time of the day, to three hours.
   *
   * @param lead windows to look ahead, 1 or more
   */
  public static AutoRegression daily(Seasons seasons, int lead) {
    return new AutoRegression("regression-day", seasons, lead, SHORT_MEANS, 8, 1, 10);
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public double next(long window, double rate) {
    rates.add(rate);
    slowRate = slowRate == 0 ? rate : SLOW_DECAY * slowRate + (1 - SLOW_DECAY) * rate;
    if (asked.size() == lead) {
      learn(asked.removeFirst(), rates.ago(0) - rates.ago(lead));
    }
    double[] features = features(window);
    asked.addLast(features);
    double change = Math.max(-CHANGE_MAX, Math.min(CHANGE_MAX, dot(weights, features)));
    return rates.rate(rates.ago(0) + change);
  }

  @Override
  public void remember(Memory memory) {
    rates.remember(memory);
    memory.numbers(weights);
    for (int i = 0; i < weights.length; i++) {
      // It is symmetric.
      for (int j = 0; j <= i; j++) {
        covariance[i][j] = memory.number(covariance[i][j]);
        covariance[j][i] = covariance[i][j];
      }
    }
    error = memory.number(error);
    slowRate = memory.number(slowRate);
  }

  private double[] features(long window) {
    Features features = new Features();
    features.add(1);
    double last = rates.ago(0);
    features.add(last - rates.ago(1));
    for (int hours = 1; seasons.hour() > 1 && hours <= 2; hours++) {
      int season = hours * seasons.hour();
      features.add(rates.ago(Math.floorMod(-lead, season)) - last);
    }
    for (int mean : means) {
      features.add(rates.mean(mean) - last);
    }
    features.harmonics(window + lead, seasons.hour(), HOUR_HARMONICS);
    features.harmonics(window + lead, seasons.day(), dayHarmonics);
    return features.values();
  }

  private void learn(double[] features, double change) {
    double expected = dot(weights, features);
    double surprise = change - expected;
    double importance = Math.min(1, HUBER * error / Math.max(1e-9, Math.abs(surprise)));
    error = ERROR_DECAY * error + (1 - ERROR_DECAY) * Math.abs(surprise);
    double seen =
        rates.rate(rates.ago(lead) + Math.max(-CHANGE_MAX, Math.min(CHANGE_MAX, expected)));
    importance *= slowRate == 0 ? 1 : Math.sqrt(Math.max(0.01, seen / slowRate));
    int size = weights.length;
    double[] spread = new double[size];
    for (int i = 0; i < size; i++) {
      spread[i] = dot(covariance[i], features);
    }
    double divisor = forgetting + importance * dot(features, spread);
    double forget = largestVariance() < VARIANCE_MAX ? forgetting : 1;
    for (int i = 0; i < size; i++) {
      double gain = importance * spread[i] / divisor;
      weights[i] += gain * surprise;
      // Both halves by one sum: what rounding sets apart, forgetting would grow without bound.
      for (int j = 0; j <= i; j++) {
        covariance[i][j] = (covariance[i][j] - gain * spread[j]) / forget;
        covariance[j][i] = covariance[i][j];
      }
    }
  }

  private double largestVariance() {
    double largest = 0;
    for (int i = 0; i < weights.length; i++) {
      largest = Math.max(largest, covariance[i][i]);
    }
    return largest;
  }

  private static double dot(double[] a, double[] b) {
    double sum = 0;
    for (int i = 0; i < a.length; i++) {
      sum += a[i] * b[i];
    }
    return sum;
  }

  /** A growing vector. */
  private static final class Features {
    private double[] values = new double[32];
    private int size;

    void add(double value) {
      if (size == values.length) {
        values = Arrays.copyOf(values, 2 * size);
      }
      values[size++] = value;
    }

    /** Adds the sine and cosine of the first harmonics of a season, as far as windows show them. */
    void harmonics(long window, int season, int count) {
      for (int j = 1; j <= count && 2 * j <= season; j++) {
        double angle = 2 * Math.PI * j * Math.floorMod(window, (long) season) / season;
        add(Math.cos(angle));
        if (2 * j < season) {
          add(Math.sin(angle));
        }
      }
    }

    /** How many values {@link #harmonics} adds: a season of two windows has no sine. */
    static int count(int season, int count) {
      int harmonics = Math.min(count, season / 2);
      return 2 * harmonics - (season > 0 && 2 * harmonics == season ? 1 : 0);
    }

    double[] values() {
      return Arrays.copyOf(values, size);
    }
  }
}
