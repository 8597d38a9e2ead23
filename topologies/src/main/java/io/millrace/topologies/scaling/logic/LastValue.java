package io.millrace.topologies.scaling.logic;

/** Foretells that all stays as it is: persistence, the forecast that others must beat. */
public final class LastValue implements Forecaster {
  @Override
  public String name() {
    return "last-value";
  }

  @Override
  public double next(long window, double rate) {
    return rate;
  }
}
