package io.millrace.topologies.scaling.logic;

import io.millrace.topologies.memory.logic.Memory;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Deque;
import java.util.List;

/**
 * How much more than the forecast is provided, so that few windows are short.
 *
 * <p>Conformal quantile tracking (I. Gibbs, E. Candès, "Adaptive Conformal Inference Under
 * Distribution Shift", NeurIPS 2021; A. Angelopoulos, E. Candès, R. Tibshirani, "Conformal PID
 * Control for Time Series Prediction", NeurIPS 2023): the margin is counted in units of the error
 * that is usual at present. After a window that was short it grows by a share, after any other it
 * shrinks by so much less that in the long run the aimed-at share of windows is short, whatever the
 * distribution of the errors is. The first margin is one that all but two of the first windows
 * would have done with, and none is more than a fifth more than any of the last 144 windows needed,
 * so that one outlier is soon forgiven.
 *
 * <p>The usual error is either in proportion to the forecast, or the geometric mean of the forecast
 * and of the mean absolute error of the last day of windows: quiet hours get less.
 */
public final class Headroom {
  /** Share of windows that may be short which is aimed at: half of the 1 % that is promised. */
  public static final double AIM = 0.005;

  private static final double STEP = 0.15;
  private static final int FIRST = 36;
  private static final int FIRST_MISSED = 2;
  private static final double FIRST_FACTOR = 3;
  private static final int RECENT = 144;
  private static final double SURPLUS = 1.2;
  private static final double MARGIN_MIN = 0.05;
  private static final double MARGIN_MAX = 100;
  private static final double ERROR_HALF_LIFE = 144;

  private final int lead;
  private final boolean bySpread;
  private final Deque<Provided> waiting = new ArrayDeque<>();
  private final double errorDecay = Math.pow(0.5, 1 / ERROR_HALF_LIFE);
  private double error = Double.NaN;
  private double margin = MARGIN_MIN;
  private final Deque<Double> needed = new ArrayDeque<>();
  private List<Double> first = new ArrayList<>();

  private record Provided(double forecast, double unit, double rate) {}

  /**
   * @param lead windows from a forecast to what it was of, 1 or more
   * @param bySpread whether the unit follows the errors; else it is the forecast itself
   */
  public Headroom(int lead, boolean bySpread) {
    this.lead = lead;
    this.bySpread = bySpread;
  }

  /**
   * Learns from a window and says what to provide for one to come.
   *
   * @param rate arrivals per second in the window that ended
   * @param forecast arrivals per second, of the window {@code lead} later
   * @return arrivals per second to provide for then, the forecast or more
   */
  public double next(double rate, double forecast) {
    if (waiting.size() == lead) {
      learn(waiting.removeFirst(), rate);
    }
    double unit = unit(rate, forecast);
    double provided = knows() ? forecast + margin * unit : FIRST_FACTOR * Math.max(rate, forecast);
    waiting.addLast(new Provided(forecast, unit, provided));
    return provided;
  }

  /** Whether it has seen enough windows to know a margin. */
  boolean knows() {
    return first.size() >= FIRST;
  }

  private double unit(double rate, double forecast) {
    if (!bySpread) {
      return forecast;
    }
    double usual = Double.isNaN(error) ? rate / 10 : error;
    return Math.sqrt(usual * Math.max(usual, forecast));
  }

  private void learn(Provided then, double rate) {
    double missed = rate - then.forecast;
    error =
        Double.isNaN(error)
            ? Math.abs(missed)
            : errorDecay * error + (1 - errorDecay) * Math.abs(missed);
    if (!knows()) {
      first.add(then.unit > 0 ? missed / then.unit : 0);
      first.sort(Comparator.reverseOrder());
      margin = first.get(Math.min(FIRST_MISSED, first.size() - 1));
    } else {
      margin *= 1 + STEP * ((rate > then.rate ? 1 : 0) - AIM);
    }
    needed.addLast(then.unit > 0 ? missed / then.unit : 0);
    if (needed.size() > RECENT) {
      needed.removeFirst();
    }
    if (needed.size() >= FIRST) {
      double most = needed.stream().mapToDouble(Double::doubleValue).max().orElse(0);
      margin = Math.min(margin, SURPLUS * most);
    }
    margin = Math.max(MARGIN_MIN, Math.min(MARGIN_MAX, margin));
  }

  /** Passes what it has learnt through a memory. */
  void remember(Memory memory) {
    error = memory.number(error);
    margin = memory.number(margin);
    first = new ArrayList<>(memory.list(first, Double.BYTES, 0.0, memory::number));
    memory.lastNumbers(needed, RECENT);
    List<Provided> pending =
        memory.list(
            List.copyOf(waiting),
            3 * Double.BYTES,
            new Provided(0, 0, 0),
            one ->
                new Provided(
                    memory.number(one.forecast), memory.number(one.unit), memory.number(one.rate)));
    waiting.clear();
    waiting.addAll(pending.subList(Math.max(0, pending.size() - lead), pending.size()));
  }

  /** Leaves out what was provided and not seen yet: windows are missing. */
  void skip() {
    waiting.clear();
  }

  /** The present margin, in usual errors. */
  public double margin() {
    return margin;
  }
}
