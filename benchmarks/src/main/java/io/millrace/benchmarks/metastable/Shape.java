package io.millrace.benchmarks.metastable;

/**
 * A way for a system to stay overloaded after what overloaded it is gone. Source: Huang et al.,
 * "Metastable Failures in the Wild", OSDI 2022.
 *
 * <p>Times are milliseconds, rates a second. The trigger lasts from {@link #TRIGGER_FROM} to {@link
 * #TRIGGER_TO}; where it is the loss of a cache, that is lost at its end.
 */
enum Shape {
  /** Servers fail for a while; retries of what timed out keep them busy with what nobody awaits. */
  RETRY_STORM(400, 10, 20, 0) {
    @Override
    double speed(long now, int inside) {
      return triggered(now) ? 0.25 : 1;
    }
  },
  /** A look-aside cache is lost; the servers behind it answer too late to fill it again. */
  CACHE_LOSS(1_000, 16, 50, 60_000),
  /** The more is inside, the more time goes to keeping it: as garbage collection does. */
  GC_STALLS(350, 10, 20, 0) {
    @Override
    double rate(long now) {
      return triggered(now) ? 2.5 * super.rate(now) : super.rate(now);
    }

    @Override
    double speed(long now, int inside) {
      return 1 / (1 + inside / 400.0);
    }
  };

  /** From then on all is warm. */
  static final long WARM = 40_000;

  static final long TRIGGER_FROM = 60_000;
  static final long TRIGGER_TO = 70_000;
  static final long END = 105_000;

  private final double rate;
  private final int servers;
  private final double serviceMillis;
  private final long cacheMillis;

  Shape(double rate, int servers, double serviceMillis, long cacheMillis) {
    this.rate = rate;
    this.servers = servers;
    this.serviceMillis = serviceMillis;
    this.cacheMillis = cacheMillis;
  }

  static boolean triggered(long now) {
    return now >= TRIGGER_FROM && now < TRIGGER_TO;
  }

  /** Calls a second; they grow to their number while the system starts with empty caches. */
  double rate(long now) {
    return rate * Math.min(1, (1_000.0 + now) / WARM);
  }

  /** How many runs the backend serves at once. */
  int servers() {
    return servers;
  }

  /** Mean time of a run at full speed. */
  double serviceMillis() {
    return serviceMillis;
  }

  /**
   * How fast the backend is, 1 at best.
   *
   * @param inside runs it has accepted and not ended
   */
  double speed(long now, int inside) {
    return 1;
  }

  /** How long answers are cached; 0: not at all. */
  long cacheMillis() {
    return cacheMillis;
  }
}
