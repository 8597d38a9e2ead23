package io.millrace.topologies.scaling.logic;

import io.millrace.events.PoolLoad;
import java.util.Collection;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Turns what the workers of a pool count into what the pool was asked for.
 *
 * <p>Workers see what they take, not what arrives. But all that arrived before the time at which
 * the newest tasks were sent has been taken: while the wait grows by w seconds a second, arrivals
 * are the tasks taken ÷ (1 - w), and what waits is arrivals × wait (J. D. C. Little, "A Proof for
 * the Queuing Formula L = λW", Operations Research 9, 1961). A worker that starts its counts anew
 * is counted from zero; one that is new to the pool counts from its next report. Where nothing was
 * taken, nothing waited if a slot was free; else the wait has grown since it was last measured.
 */
public final class PoolMeter {
  private static final double GROWTH_MAX = 0.9;

  /** Of tasks a second, and of milliseconds: more is a mistake. */
  private static final double MEASURE_MAX = 1e12;

  private static final double VARIABILITY_MAX = 100;

  /** Of the counts by which run times differ, from window to window. */
  private static final double DECAY = 0.9;

  private static final int ENDED_MIN = 10;

  private Map<String, PoolLoad> before = new HashMap<>();
  private double endedOfLate;
  private double runMsOfLate;
  private double squaresOfLate;
  private double waitSeconds;
  private double waitAge;
  private boolean started;

  /**
   * Ends a window.
   *
   * @param number of the window
   * @param seconds since the last call, more than 0
   * @param loads of the pool, by worker
   * @return what was asked for; null at the first call, which has nothing to compare with
   */
  public @Nullable PoolWindow next(long number, double seconds, Map<String, PoolLoad> loads) {
    double ended = 0;
    double begun = 0;
    double runMs = 0;
    double squares = 0;
    double queueMs = 0;
    for (Map.Entry<String, PoolLoad> load : loads.entrySet()) {
      PoolLoad now = load.getValue();
      PoolLoad then = before.get(load.getKey());
      if (then == null) {
        continue;
      }
      boolean restarted = now.getDone() < then.getDone() || now.getBegun() < then.getBegun();
      ended += measure((double) now.getDone() - (restarted ? 0 : then.getDone()));
      begun += measure((double) now.getBegun() - (restarted ? 0 : then.getBegun()));
      runMs += measure(now.getRunMs() - (restarted ? 0 : then.getRunMs()));
      squares += square(now.getRunMsSquares() - (restarted ? 0 : then.getRunMsSquares()));
      queueMs += measure(now.getQueueMs() - (restarted ? 0 : then.getQueueMs()));
    }
    boolean first = !started;
    started = true;
    before = new HashMap<>(loads);
    double wait = begun > 0 ? queueMs / begun / 1e3 : 0;
    double growth = Math.max(0, Math.min(GROWTH_MAX, (wait - waitSeconds) / (waitAge + seconds)));
    if (begun > 0 || free(loads.values())) {
      waitSeconds = wait;
      waitAge = 0;
    } else {
      waitAge += seconds;
    }
    if (first) {
      return null;
    }
    double rate = measure(begun / seconds / (1 - growth));
    double service = ended > 0 ? runMs / ended : 0;
    endedOfLate = DECAY * endedOfLate + ended;
    runMsOfLate = DECAY * runMsOfLate + runMs;
    squaresOfLate = DECAY * squaresOfLate + squares;
    double queued = saturated(loads.values()) ? rate * wait : 0;
    boolean busy = begun > 0 || loads.values().stream().anyMatch(load -> load.getRunning() > 0);
    return new PoolWindow(number, rate, service, variability(), queued, busy);
  }

  /** That of arrivals by chance, and of run times as far as the workers say how they differ. */
  private double variability() {
    if (endedOfLate < ENDED_MIN || runMsOfLate <= 0 || squaresOfLate <= 0) {
      return 1;
    }
    double mean = runMsOfLate / endedOfLate;
    double ofService = squaresOfLate / endedOfLate / (mean * mean) - 1;
    // Squares that are too small come from workers of which some do not count them.
    return ofService < -1e-3 ? 1 : Math.min(VARIABILITY_MAX, (1 + Math.max(0, ofService)) / 2);
  }

  private static double square(double given) {
    return given > 0 ? Math.min(MEASURE_MAX * MEASURE_MAX, given) : 0;
  }

  /** Anyone may say that he is a worker: what measures nothing is nothing. */
  private static double measure(double given) {
    return given > 0 ? Math.min(MEASURE_MAX, given) : 0;
  }

  /** Whether a worker has a slot free; one that never took a task may not take any yet. */
  private static boolean free(Collection<PoolLoad> loads) {
    return loads.stream()
        .anyMatch(load -> load.getBegun() > 0 && load.getRunning() < load.getSlots());
  }

  /**
   * Tasks wait for slots only where nearly all are taken; else what they waited for was the way.
   */
  private static boolean saturated(Collection<PoolLoad> loads) {
    int slots = 0;
    int running = 0;
    for (PoolLoad load : loads) {
      slots += load.getSlots();
      running += load.getRunning();
    }
    return running >= 0.8 * slots;
  }
}
