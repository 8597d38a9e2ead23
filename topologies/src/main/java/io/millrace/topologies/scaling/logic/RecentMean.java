package io.millrace.topologies.scaling.logic;

import io.millrace.topologies.memory.logic.Memory;

/**
 * Foretells the mean of the last windows, the older the less it weighs: of a load that only varies
 * by chance nothing else is known.
 */
public final class RecentMean implements Forecaster {
  private static final double DECAY = 0.9;

  private double sum;
  private double weight;

  @Override
  public String name() {
    return "recent-mean";
  }

  @Override
  public double next(long window, double rate) {
    sum = DECAY * sum + rate;
    weight = DECAY * weight + 1;
    return sum / weight;
  }

  @Override
  public void remember(Memory memory) {
    sum = memory.number(sum);
    weight = memory.number(weight);
  }
}
