package io.millrace.topologies.scaling.logic;

import io.millrace.topologies.memory.logic.Memory;

/**
 * Foretells a level and an hourly season, both smoothed exponentially, on the logarithm of the
 * rate.
 *
 * <p>The additive method without trend (P. R. Winters, "Forecasting Sales by Exponentially Weighted
 * Moving Averages", Management Science 6, 1960): the level follows with a half-life of one window,
 * the season's deviations with a half-life of a day, and a surprise moves them by no more than
 * twice the usual error. Much that calls is started on the hour. Where an hour is not a few windows
 * there is no season, and this is plain exponential smoothing.
 */
public final class SeasonalSmoothing implements Forecaster {
  private static final double LEVEL = 0.5;
  private static final double SEASON_HALF_LIFE = 24;
  private static final double SURPRISE = 2;
  private static final double ERROR_DECAY = 0.99;
  private static final double ERROR_START = 0.1;

  private final int lead;
  private final double[] season;
  private final double seasonShare = 1 - Math.pow(0.5, 1 / SEASON_HALF_LIFE);
  private final Rates rates = new Rates(1);
  private double level = Double.NaN;
  private double error = ERROR_START;

  /**
   * @param lead windows to look ahead, 1 or more
   */
  public SeasonalSmoothing(Seasons seasons, int lead) {
    this.lead = lead;
    this.season = new double[seasons.hour() > 1 ? seasons.hour() : 1];
  }

  @Override
  public String name() {
    return "seasonal-smoothing";
  }

  @Override
  public double next(long window, double rate) {
    rates.add(rate);
    double log = rates.ago(0);
    if (Double.isNaN(level)) {
      level = log;
    }
    int phase = phase(window);
    double surprise = log - level - season[phase];
    error = ERROR_DECAY * error + (1 - ERROR_DECAY) * Math.abs(surprise);
    level += LEVEL * surprise;
    if (season.length > 1) {
      double left = log - level - season[phase];
      double bound = SURPRISE * error;
      shift(phase, seasonShare * Math.max(-bound, Math.min(bound, left)));
    }
    return rates.rate(level + season[phase(window + lead)]);
  }

  @Override
  public void remember(Memory memory) {
    level = memory.number(level);
    error = memory.number(error);
    memory.roundedNumbers(season);
    rates.remember(memory);
  }

  /** Moves one deviation and all of them back, so that their mean stays zero. */
  private void shift(int phase, double by) {
    season[phase] += by;
    for (int i = 0; i < season.length; i++) {
      season[i] -= by / season.length;
    }
  }

  private int phase(long window) {
    return (int) Math.floorMod(window, (long) season.length);
  }
}
