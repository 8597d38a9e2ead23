package io.millrace.topologies.scaling.logic;

import io.millrace.topologies.memory.logic.Memory;

/** Foretells a pool's rate of arrivals a fixed number of windows ahead. */
public interface Forecaster {
  /** Stable name, as decisions show it. */
  String name();

  /**
   * Takes the rate of the next window and foretells.
   *
   * @param window number of the window since the epoch; the former plus one, unless the clock
   *     jumped
   * @param rate arrivals per second in it, finite, 0 or more
   * @return arrivals per second expected {@code lead} windows later; what is not finite or is
   *     negative is a fault of the forecaster, as is an exception
   */
  double next(long window, double rate);

  /**
   * Passes what it has learnt through a memory, but not what it foretold and has not seen yet.
   *
   * @throws IllegalArgumentException if it is read and is of another kind
   */
  default void remember(Memory memory) {}
}
