package io.millrace.topologies.scaling.logic;

/**
 * How many servers keep waits short: the queue M/G/c by the approximation of Allen and Cunneen.
 *
 * <p>The share of arrivals that wait is Erlang's C (A. K. Erlang, 1917), computed from his B by the
 * usual recursion. Those that wait do so for an exponential time whose mean is that of M/M/c times
 * (ca² + cs²) / 2, the variability of arrivals and service (A. O. Allen, "Probability, Statistics
 * and Queueing Theory with Computer Science Applications", 1990). Beyond some thousand servers
 * Erlang's C is that of Halfin and Whitt ("Heavy-Traffic Limits for Queues with Many Exponential
 * Servers", Operations Research 29, 1981), from which square-root staffing follows.
 */
public final class Staffing {
  private static final int EXACT_MAX = 5_000;
  private static final int SERVERS_MAX = 100_000_000;

  private Staffing() {}

  /**
   * The share of arrivals that wait longer.
   *
   * @param servers 1 or more
   * @param load arrivals per second times mean service time in seconds, 0 or more
   * @param variability (ca² + cs²) / 2, 1 for Poisson arrivals and exponential service
   * @param wait in mean service times, 0 or more
   * @return 0 to 1; 1 if the load is not less than the servers
   */
  public static double waitingLonger(int servers, double load, double variability, double wait) {
    if (load <= 0) {
      return 0;
    }
    if (load >= servers) {
      return 1;
    }
    double meanWait = Math.max(1e-9, variability) / (servers - load);
    return waiting(servers, load) * Math.exp(-wait / meanWait);
  }

  /**
   * The fewest servers with which at most a share of arrivals waits longer.
   *
   * @param load arrivals per second times mean service time in seconds, finite, 0 or more
   * @param variability (ca² + cs²) / 2
   * @param wait in mean service times, 0 or more
   * @param share more than 0, less than 1
   * @return 0 without load
   */
  public static int servers(double load, double variability, double wait, double share) {
    if (load <= 0) {
      return 0;
    }
    int low = (int) Math.min(SERVERS_MAX, Math.floor(load));
    int step = 1;
    int high = low + step;
    while (high < SERVERS_MAX && waitingLonger(high, load, variability, wait) > share) {
      low = high;
      step *= 2;
      high = Math.min(SERVERS_MAX, high + step);
    }
    while (high - low > 1) {
      int middle = low + (high - low) / 2;
      if (waitingLonger(middle, load, variability, wait) > share) {
        low = middle;
      } else {
        high = middle;
      }
    }
    return high;
  }

  /** Erlang's C: the share that waits at all. */
  private static double waiting(int servers, double load) {
    if (servers > EXACT_MAX) {
      double slack = (servers - load) / Math.sqrt(load);
      return 1 / (1 + slack * normal(slack) / density(slack));
    }
    double blocked = 1;
    for (int i = 1; i <= servers; i++) {
      blocked = load * blocked / (i + load * blocked);
    }
    return blocked / (1 - load / servers * (1 - blocked));
  }

  private static double density(double x) {
    return Math.exp(-x * x / 2) / Math.sqrt(2 * Math.PI);
  }

  /**
   * The normal distribution function to 1e-7 (M. Abramowitz, I. A. Stegun, "Handbook of
   * Mathematical Functions", 26.2.17).
   *
   * @param x 0 or more
   */
  private static double normal(double x) {
    double t = 1 / (1 + 0.2316419 * x);
    double sum =
        t
            * (0.319381530
                + t * (-0.356563782 + t * (1.781477937 + t * (-1.821255978 + t * 1.330274429))));
    return 1 - density(x) * sum;
  }
}
