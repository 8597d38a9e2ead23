package io.millrace.topologies.health.patterns.logic;

import io.millrace.events.FailurePattern;
import io.millrace.topologies.memory.logic.Memory;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Tells from what is sent, what ends and how long it takes whether a target is saturated or in a
 * spiral of timeouts.
 *
 * <p>By Little's law (J. D. C. Little, 1961) what is in flight is throughput times time in flight;
 * both that time and throughput are measured where the attempts end. The backlog is a CUSUM of what
 * was sent less what ended or was called off, with what was refused of late. SATURATION: the
 * backlog is worth several times the healthy time in flight, attempts take several times that long,
 * throughput does not grow and most attempts succeed all the same. TIMEOUT_SPIRAL: attempts time
 * out and are tried again, more are in flight for longer, fewer operations succeed of those that
 * are begun, and those that do are slow. The last tells it from a target that hangs, whose
 * successes are as quick as ever (N. Bronson et al., "Metastable Failures in Distributed Systems",
 * HotOS 2021). Either must hold for half a minute.
 */
final class QueueDetector {
  private static final int STEPS = 12;
  private static final int HOLD_STEPS = 6;
  private static final double ALLOWANCE = 0.02;
  private static final double OFFERED_MORE = 1.05;
  private static final double LONGER = 2.5;
  private static final double BACKLOG_MIN = 10;
  private static final double MEMORY_STEPS = 120;
  private static final int ENDED_MIN = 10;

  private final Deque<Step> window = new ArrayDeque<>();
  private final LatencyBaseline latencies;
  private double healthyMillis = Double.NaN;
  private double healthyRate;
  private double healthyRetries;
  private double healthyGoodput = 1;
  private double queued;
  private long onset;
  private int saturated;
  private int spiral;
  private int calm;
  private Totals totals = new Totals(new ArrayDeque<>());

  QueueDetector(LatencyBaseline latencies) {
    this.latencies = latencies;
  }

  private static final class Totals {
    private final Iterable<Step> steps;
    long ok;
    long ended;
    long timeouts;
    long sent;
    long retries;
    long refused;
    long calledOff;
    double inFlightMillis;
    double timedOutMillis;

    Totals(Iterable<Step> steps) {
      this.steps = steps;
      for (Step step : steps) {
        ok += step.ok;
        ended += step.ended();
        timeouts += step.timeouts;
        sent += step.sent;
        retries += step.retries;
        refused += step.refused;
        calledOff += step.calledOff;
        inFlightMillis += step.inFlightMillis;
        timedOutMillis += step.timedOutMillis;
      }
    }

    /** Mean time in flight of what ended, milliseconds. */
    double millis() {
      return inFlightMillis / ended;
    }

    /** The same of what did not time out: those that hang are no queue. */
    double millisWithoutTimeouts() {
      double others = Math.max(0, inFlightMillis - timedOutMillis);
      return ended == timeouts ? 0 : others / (ended - timeouts);
    }

    /** Attempts that ran longer. */
    double runsOver(double millis) {
      double count = 0;
      for (Step step : steps) {
        count += LatencyBaseline.over(step.runs, millis);
      }
      return count;
    }

    /** Operations that were begun or refused. */
    double begun() {
      return Math.max(1.0, (double) (sent - retries + refused));
    }
  }

  /**
   * Takes the next step.
   *
   * @param failing whether the failures of the target are out of the ordinary
   */
  void step(Step step, boolean failing) {
    window.addLast(step);
    if (window.size() > STEPS) {
      window.removeFirst();
    }
    totals = new Totals(window);
    if (queued + totals.refused == 0) {
      onset = step.fromMillis;
    }
    queued = Math.max(0, queued + step.sent * (1 - ALLOWANCE) - step.ended() - step.calledOff);
    if (Double.isNaN(healthyMillis) || totals.sent == 0) {
      learn(step);
      return;
    }
    calm = queueing() ? 0 : calm + 1;
    saturated = isSaturated() ? saturated + 1 : 0;
    spiral = isSpiral(failing) ? spiral + 1 : 0;
    if (!failing && !queueing()) {
      learn(step);
    }
  }

  private void learn(Step step) {
    if (step.ended() == 0 || step.sent == 0) {
      return;
    }
    double millis = step.inFlightMillis / step.ended();
    double weight =
        Double.isNaN(healthyMillis) ? 1 : Math.min(1, step.ended() / 5.0) / MEMORY_STEPS;
    double seconds = Step.MILLIS / 1_000.0;
    healthyMillis = Double.isNaN(healthyMillis) ? millis : blend(healthyMillis, millis, weight);
    healthyRate = blend(healthyRate, step.ended() / seconds, weight);
    healthyRetries = blend(healthyRetries, (double) step.retries / step.sent, weight);
    healthyGoodput =
        blend(
            healthyGoodput,
            Math.min(1, step.ok / Math.max(1.0, (double) (step.sent - step.retries))),
            weight);
  }

  private static double blend(double before, double value, double weight) {
    return before + weight * (value - before);
  }

  /** What was sent and has not ended, and what was refused of late. */
  private double backlog() {
    return queued + (double) totals.refused;
  }

  /** Whether attempts wait longer than in health for what lies before them. */
  boolean queueing() {
    return !Double.isNaN(healthyMillis)
        && totals.ended >= ENDED_MIN
        && backlog() >= worth(LONGER - 1)
        && totals.millisWithoutTimeouts() >= LONGER * healthyMillis;
  }

  /** Attempts in flight beyond the healthy ones that are worth so many healthy times in flight. */
  private double worth(double times) {
    double perMilli = totals.ended / (double) (window.size() * Step.MILLIS);
    return Math.max(BACKLOG_MIN, times * healthyMillis * perMilli);
  }

  private boolean isSaturated() {
    long earlier = 0;
    long later = 0;
    int i = 0;
    for (Step step : window) {
      if (i++ < window.size() / 2) {
        earlier += step.ended();
      } else {
        later += step.ended();
      }
    }
    boolean flat = later <= 1.15 * earlier + 3 * Math.sqrt((double) (earlier + later));
    // Ends that a crash left uncounted must not pass for pressure.
    boolean offeredMore =
        totals.sent + totals.refused >= OFFERED_MORE * (totals.ended + totals.calledOff);
    return queueing()
        && backlog() >= worth(LONGER)
        && flat
        && offeredMore
        && totals.ok >= 0.7 * totals.ended;
  }

  private boolean isSpiral(boolean failing) {
    double retries = totals.sent == 0 ? 0 : (double) totals.retries / totals.sent;
    return failing
        && totals.ended >= ENDED_MIN
        && totals.timeouts >= 5
        && totals.timeouts >= 0.1 * totals.ended
        && retries >= healthyRetries + 0.08
        && totals.millis() >= 1.5 * healthyMillis
        && (double) totals.ok / totals.begun() <= 0.8 * healthyGoodput
        && slowSuccesses();
  }

  /**
   * Whether what does not time out is slow, or next to nothing is left: it tells a queue from a
   * target of which a part hangs.
   */
  private boolean slowSuccesses() {
    double slow = latencies.quantile(0.95);
    if (Double.isNaN(slow)) {
      return false;
    }
    double slower = totals.runsOver(slow) - totals.timeouts;
    return (slower >= 3 && slower >= 0.3 * totals.ok) || totals.ok <= 0.1 * totals.ended;
  }

  /** The pattern that queues make now, or null. */
  @Nullable Finding finding() {
    if (spiral >= HOLD_STEPS) {
      return found(
          FailurePattern.TIMEOUT_SPIRAL,
          "%.0f %% of attempts time out and %.0f %% are retries, while %.0f %% of operations succeed"
              .formatted(
                  100.0 * totals.timeouts / totals.ended,
                  100.0 * totals.retries / Math.max(1, totals.sent),
                  100 * Math.min(1, totals.ok / totals.begun())));
    }
    if (saturated >= HOLD_STEPS) {
      return found(
          FailurePattern.SATURATION,
          "%d were offered and %d served in %d s; attempts take %.0f ms instead of %.0f ms"
              .formatted(
                  totals.sent + totals.refused,
                  totals.ended,
                  window.size() * Step.MILLIS / 1_000,
                  totals.millis(),
                  healthyMillis));
    }
    return null;
  }

  private Finding found(FailurePattern pattern, String reason) {
    double healthyInFlight = healthyRate * healthyMillis / 1_000;
    double excess = backlog() * backlog() / (2 * (2 * healthyInFlight + BACKLOG_MIN));
    return new Finding(
        pattern,
        onset,
        Math.min(40, Math.max(excess, (double) totals.timeouts)),
        reason,
        Map.of(
            "backlog", String.format(Locale.ROOT, "%.0f", backlog()),
            "in_flight_ms", String.format(Locale.ROOT, "%.1f", totals.millis()),
            "healthy_in_flight_ms", String.format(Locale.ROOT, "%.1f", healthyMillis),
            "retries", Long.toString(totals.retries),
            "timeouts", Long.toString(totals.timeouts),
            "refused", Long.toString(totals.refused)));
  }

  /** Whether a spiral begins: failures are to be blamed on it, not named yet. */
  boolean spiralling() {
    return spiral > 0;
  }

  /** The clock was set back: what is remembered moves with it. */
  void setBack(long millis) {
    onset -= millis;
  }

  /** All but the last minute, which is seen anew. */
  void remember(Memory memory) {
    healthyMillis = memory.number(healthyMillis);
    healthyRate = memory.number(healthyRate);
    healthyRetries = memory.number(healthyRetries);
    healthyGoodput = memory.number(healthyGoodput);
    queued = memory.number(queued);
    onset = memory.count(onset);
  }

  /** Whether nothing queued for so long. */
  boolean calmFor(long millis) {
    return calm * Step.MILLIS >= millis;
  }

  /** When the queue began to grow, milliseconds since the epoch. */
  long onset() {
    return onset;
  }
}
