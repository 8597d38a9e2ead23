package io.millrace.topologies.scaling.logic;

import io.millrace.topologies.memory.logic.Memory;
import java.util.ArrayDeque;
import java.util.Deque;

/**
 * By how much rates differ from what was expected, beyond what chance does when they are counted.
 *
 * <p>It is a share of the rate: of ten times as much ten times as much is uncertain, but what a
 * Poisson process of a known rate does by chance (its variance is its mean) is known to the queue's
 * model already. The mean square of late, of some fifty windows.
 */
final class Spread {
  private static final double SMOOTHING = 0.02;

  private final int lead;
  private final double seconds;
  private final Deque<Double> expectations = new ArrayDeque<>();
  private double square;

  /**
   * @param lead windows from an expectation to what it was of, 1 or more
   * @param seconds of a window
   */
  Spread(int lead, double seconds) {
    this.lead = lead;
    this.seconds = seconds;
  }

  /**
   * Learns from a window and takes what is expected of one to come.
   *
   * @param rate arrivals per second in the window that ended
   * @param expected arrivals per second, of the window {@code lead} later
   * @return standard deviation of that rate, arrivals per second
   */
  double next(double rate, double expected) {
    if (expectations.size() == lead) {
      learn(rate, expectations.removeFirst());
    }
    expectations.addLast(expected);
    return expected * Math.sqrt(Math.max(0, square));
  }

  private void learn(double rate, double expected) {
    double larger = Math.max(rate, expected);
    if (larger > 0) {
      double beyond = (rate - expected) * (rate - expected) - expected / seconds;
      square += SMOOTHING * (Math.max(-1, beyond / (larger * larger)) - square);
    }
  }

  /** Leaves out what was expected and not seen yet: windows are missing. */
  void skip() {
    expectations.clear();
  }

  void remember(Memory memory) {
    memory.lastNumbers(expectations, lead);
    square = memory.number(square);
  }
}
