package io.millrace.topologies.scaling.logic;

/**
 * How many servers keep waits short: the queue M/G/c by the approximation of Allen and Cunneen.
 *
 * <p>The share of arrivals that wait is Erlang's C (A. K. Erlang, 1917), computed from his B by the
 * usual recursion. Those that wait do so for an exponential time whose mean is that of M/M/c times
 * (ca² + cs²) / 2, the variability of arrivals and service (A. O. Allen, "Probability, Statistics
 * and Queueing Theory with Computer Science Applications", 1990). Beyond some thousand servers
 * Erlang's C is that of Halfin and Whitt ("Heavy-Traffic Limits for Queues with Many Exponential
 * Servers", Operations Research 29, 1981), from which square-root staffing follows. A load that is
 * only expected is averaged over by Gauss and Hermite's quadrature (M. Abramowitz, I. A. Stegun,
 * "Handbook of Mathematical Functions", 25.4.46).
 */
public final class Staffing {
  private static final int EXACT_MAX = 5_000;
  private static final int SERVERS_MAX = 100_000_000;

  /** Gauss and Hermite's quadrature of seven points, for the standard normal distribution. */
  private static final double[] NODES = {
    -3.7504397177257,
    -2.3667594107345,
    -1.1544053947400,
    0,
    1.1544053947400,
    2.3667594107345,
    3.7504397177257
  };

  private static final double[] WEIGHTS = {
    5.48268855972e-4,
    0.0307571239676,
    0.240123178605,
    0.457142857143,
    0.240123178605,
    0.0307571239676,
    5.48268855972e-4
  };

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
   * The same where the load is not known exactly, but normally distributed.
   *
   * @param load expected arrivals per second times mean service time in seconds, 0 or more
   * @param spread standard deviation of the load, 0 or more
   * @return 0 to 1
   */
  public static double waitingLonger(
      int servers, double load, double spread, double variability, double wait) {
    if (spread <= 0) {
      return waitingLonger(servers, load, variability, wait);
    }
    double share = 0;
    for (int i = 0; i < NODES.length; i++) {
      share += WEIGHTS[i] * waitingLonger(servers, load + NODES[i] * spread, variability, wait);
    }
    return share;
  }

  /**
   * The fewest servers with which at most a share of arrivals waits longer. What a fraction of a
   * server is worth lies, by its logarithm, between the shares of the whole numbers beside it.
   *
   * @param load expected arrivals per second times mean service time in seconds, finite, 0 or more
   * @param spread standard deviation of the load, 0 or more
   * @param variability (ca² + cs²) / 2
   * @param wait in mean service times, 0 or more
   * @param share more than 0, less than 1
   * @return the load or more; 0 without load
   */
  public static double servers(
      double load, double spread, double variability, double wait, double share) {
    if (load <= 0) {
      return 0;
    }
    int low = (int) Math.min(SERVERS_MAX, Math.floor(load));
    int step = 1;
    int high = low + step;
    while (high < SERVERS_MAX && waitingLonger(high, load, spread, variability, wait) > share) {
      low = high;
      step *= 2;
      high = Math.min(SERVERS_MAX, high + step);
    }
    while (high - low > 1) {
      int middle = low + (high - low) / 2;
      if (waitingLonger(middle, load, spread, variability, wait) > share) {
        low = middle;
      } else {
        high = middle;
      }
    }
    double few = Math.log(waitingLonger(high - 1, load, spread, variability, wait));
    double enough =
        Math.log(Math.max(Double.MIN_NORMAL, waitingLonger(high, load, spread, variability, wait)));
    double part = few > enough ? (few - Math.log(share)) / (few - enough) : 1;
    return Math.max(load, high - 1 + Math.max(0, Math.min(1, part)));
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
