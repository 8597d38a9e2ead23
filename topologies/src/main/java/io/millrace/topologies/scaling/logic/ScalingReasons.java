package io.millrace.topologies.scaling.logic;

import java.util.Locale;

/** Words why a pool gets as many replicas as it does, and not the other number. */
final class ScalingReasons {
  private final double need;
  private final double held;
  private final double having;
  private final double exact;
  private final boolean latency;
  private final boolean panic;

  /**
   * @param need replicas that the objective and the rate need now
   * @param held the most that was needed of late
   * @param having what there would be without bounds
   * @param exact what there is to be
   * @param latency whether the objective needs more than the rate
   * @param panic whether the newest arrivals decide
   */
  ScalingReasons(
      double need, double held, double having, double exact, boolean latency, boolean panic) {
    this.need = need;
    this.held = held;
    this.having = having;
    this.exact = exact;
    this.latency = latency;
    this.panic = panic;
  }

  /**
   * Why there are so many.
   *
   * @param rate that came, per second
   * @param most that is provided for, per second
   */
  String reason(double rate, Forecasts.Forecast forecast, double most) {
    String basis =
        String.format(
            Locale.ROOT,
            "%.1f/s came, %.1f/s are expected (%s), %.1f/s are provided for; ",
            rate,
            forecast.expected(),
            forecast.trusted(),
            most);
    if (panic) {
      return basis + "more than twice what its replicas carry came: the newest arrivals decide";
    }
    if (exact == 0) {
      return basis + "nothing came within the cool-down, and it may have none";
    }
    if (exact < having) {
      return basis + "its maximum holds it back";
    }
    if (exact > having) {
      return basis + "its minimum holds";
    }
    if (having > held) {
      return basis + "more than the objective needs, so that hardly any is late";
    }
    if (held > need) {
      return basis + "fewer would do now, but more were needed within the cool-down";
    }
    return basis + (latency ? "the latency objective decides" : "the rate decides");
  }

  /** The other number of replicas that was looked at; -1: none. */
  int rejected(int replicas) {
    if (exact == 0) {
      return -1;
    }
    double other = exact != having ? having : having > held ? held : need;
    int alternative = (int) Math.min(Integer.MAX_VALUE, Math.ceil(other));
    return alternative == replicas ? -1 : alternative;
  }

  /** Why it is not the other number; empty where there is nothing to say. */
  String rejectedReason() {
    if (exact == 0) {
      return "";
    }
    if (exact < having) {
      return "more than its maximum allows";
    }
    if (exact > having) {
      return panic ? "nothing is taken away in a panic" : "less than its minimum";
    }
    if (having > held) {
      return "more would be late, and 70 % utilisation would cost no less";
    }
    return held > need ? "a need within the cool-down was larger" : "";
  }
}
