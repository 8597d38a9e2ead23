package io.millrace.worker.limit;

import java.util.HashMap;
import java.util.Map;

/**
 * How many tasks a worker runs at once for one pool, by how long they take: fewer when they take
 * longer than they use to, more while they do not.
 *
 * <p>Every tenth of a second in which enough tasks ended, the limit becomes {@code limit * gradient
 * + sqrt(limit)}, smoothed, where the gradient is the usual run time over the present one, a half
 * at least and with some tolerance. Tools of one pool differ, so each run is taken relative to what
 * its own tool usually takes: that follows small changes in seconds, what is much faster at once,
 * and what is much slower, which is what an overload looks like, only over a minute. The limit
 * grows only while at least half of it is in use. Source: the gradient limit of Netflix's
 * concurrency-limits ("Performance Under Load", 2018), after TCP Vegas (Brakmo, Peterson, 1995).
 *
 * <p>Safe for use by several threads. Times are nanoseconds on one monotonic clock.
 */
public final class ConcurrencyLimiter {
  private static final long STEP_NANOS = 100_000_000L;
  private static final int ENDED_MIN = 10;
  private static final double TOLERANCE = 1.5;
  private static final double GRADIENT_MIN = 0.5;
  private static final double SMOOTHING = 0.2;
  private static final double RATIO_MAX = 10;
  private static final double NOISE = 1.25;
  private static final double FASTER = 0.2;
  private static final double AS_USUAL = 0.02;
  private static final double SLOWER = 0.0005;
  private static final double RECENT = 0.1;
  private static final double RUN_MILLIS_MIN = 0.1;
  private static final double RUN_MILLIS_MAX = 1e9;
  private static final int TARGETS_MAX = 1_000;

  private final Map<String, Usual> usual = new HashMap<>();
  private double limit;
  private long stepEnds = Long.MIN_VALUE;
  private int ended;
  private double ratios;
  private int mostInUse;

  private static final class Usual {
    private double millis;
    private double recent;
    private long letThroughAt;
    private double sum;
    private int count;
  }

  /**
   * @param initial limit to begin with
   */
  public ConcurrencyLimiter(int initial) {
    this.limit = Math.max(1, initial);
  }

  /** How many tasks may run at once. */
  public synchronized int limit() {
    return (int) Math.max(1, Math.round(limit));
  }

  /**
   * A task ended.
   *
   * @param target whose task it was
   * @param runMillis how long it ran, milliseconds
   * @param overloaded whether it ended in a way that tells of too much work: a timeout, or called
   *     off at its deadline
   * @param inUse how many ran, this one included
   * @param min fewest that the limit may be
   * @param max most that the limit may be
   * @return the limit from now on
   */
  public synchronized int ended(
      String target, double runMillis, boolean overloaded, int inUse, int min, int max, long now) {
    if (!(runMillis >= 0) || Double.isInfinite(runMillis)) {
      return limit();
    }
    if (usual.size() >= TARGETS_MAX && !usual.containsKey(target)) {
      usual.clear();
    }
    Usual of = usual.computeIfAbsent(target, t -> new Usual());
    double millis = Math.min(RUN_MILLIS_MAX, Math.max(runMillis, RUN_MILLIS_MIN));
    double ratio = of.millis == 0 ? 1 : millis / of.millis;
    ratios += overloaded ? RATIO_MAX : Math.min(RATIO_MAX, ratio);
    of.recent += RECENT * (millis - of.recent);
    of.sum += millis;
    of.count++;
    ended++;
    mostInUse = Math.max(mostInUse, inUse);
    if (stepEnds == Long.MIN_VALUE) {
      stepEnds = now + STEP_NANOS;
    } else if (now >= stepEnds && ended >= Math.min(ENDED_MIN, limit)) {
      step(min, max);
      stepEnds = now + STEP_NANOS;
    }
    return limit();
  }

  /**
   * Whether a task can still end in time, by what its tool takes at present; what cannot is better
   * not begun, as it holds back what can. One in a tenth of a second is let through all the same,
   * to see how long it takes now.
   *
   * @param remainingMillis until its deadline, milliseconds
   */
  public synchronized boolean canEnd(String target, double remainingMillis, long now) {
    Usual of = usual.get(target);
    if (of == null || remainingMillis >= of.recent || now >= of.letThroughAt + STEP_NANOS) {
      if (of != null) {
        of.letThroughAt = now;
      }
      return true;
    }
    return false;
  }

  private void step(int min, int max) {
    double gradient = Math.max(GRADIENT_MIN, Math.min(1, TOLERANCE * ended / ratios));
    double wanted = limit * gradient + Math.sqrt(limit);
    if (wanted < limit || mostInUse * 2 >= limit) {
      limit += SMOOTHING * (wanted - limit);
    }
    limit = Math.max(min, Math.min(max, limit));
    for (Usual of : usual.values()) {
      if (of.count > 0) {
        double present = of.sum / of.count;
        if (of.millis == 0) {
          of.millis = present;
        }
        double ratio = present / of.millis;
        double rate = ratio > NOISE ? SLOWER : ratio < 1 / NOISE ? FASTER : AS_USUAL;
        of.millis += rate * (present - of.millis);
        of.sum = 0;
        of.count = 0;
      }
    }
    ended = 0;
    ratios = 0;
    mostInUse = 0;
  }
}
