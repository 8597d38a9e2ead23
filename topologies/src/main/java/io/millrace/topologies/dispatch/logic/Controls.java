package io.millrace.topologies.dispatch.logic;

import io.millrace.events.AdaptiveTimeout;
import io.millrace.events.Hedge;
import io.millrace.events.Outcome;
import io.millrace.events.TargetSpec;
import io.millrace.events.Throttle;
import java.util.HashMap;
import java.util.Map;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * What one dispatch task has learnt of the attempts at each target, and what it does by it: how
 * long an attempt may run, when a second one is sent, whether one is sent at all, and whether it is
 * tried again. Targets that declare no control cost next to nothing here.
 */
final class Controls {
  private static final long SPAN_MILLIS = 60_000;
  private static final double HEDGES_SAVED = 10;
  private static final double TIMEOUT_CHANGE_SAID = 0.2;
  private static final int TARGETS_MAX = 10_000;

  private final RandomGenerator random;
  private final Notices notices;
  private final Retries retries;
  private final Map<String, Learnt> byTarget = new HashMap<>();

  private static final class Learnt {
    private TargetSpec spec;
    private final LatencyWindow runs;
    private final LatencyWindow attempts;
    private final @Nullable ClientThrottle throttle;
    private final double hedgesPerCall;
    private final AttemptBudget hedges;
    private double timeoutSaid;

    Learnt(TargetSpec spec, long now) {
      this.spec = spec;
      this.runs = new LatencyWindow(SPAN_MILLIS, now);
      this.attempts = new LatencyWindow(SPAN_MILLIS, now);
      Throttle policy = spec.getThrottle();
      this.throttle =
          policy == null ? null : new ClientThrottle(policy.getRatio(), policy.getWindowMs(), now);
      Hedge hedge = spec.getHedge();
      this.hedgesPerCall = hedge == null ? 0 : hedge.getBudget();
      this.hedges = new AttemptBudget(0, HEDGES_SAVED, now);
      this.timeoutSaid = (double) spec.getTimeoutMs();
    }
  }

  Controls(DispatchPolicy policy, RandomGenerator random, Notices notices, long now) {
    this.random = random;
    this.notices = notices;
    this.retries = new Retries(policy, now);
  }

  @SuppressWarnings("ReferenceEquality") // first: comparing records field by field takes long
  private @Nullable Learnt learnt(TargetSpec spec, long now) {
    if (spec.getAdaptiveTimeout() == null
        && spec.getThrottle() == null
        && spec.getHedge() == null) {
      return null;
    }
    Learnt known = byTarget.get(spec.getTarget());
    // What was learnt of a target goes with its declaration: another version may behave otherwise.
    if (known != null && known.spec == spec) {
      return known;
    }
    if (known == null || !known.spec.equals(spec)) {
      if (byTarget.size() >= TARGETS_MAX) {
        byTarget.clear();
      }
      known = new Learnt(spec, now);
      byTarget.put(spec.getTarget(), known);
    }
    known.spec = spec;
    return known;
  }

  /** Why an attempt is refused because the target fails too many; null: it is let through. */
  @Nullable String refusal(TargetSpec spec, long now) {
    Learnt learnt = learnt(spec, now);
    if (learnt == null || learnt.throttle == null || !learnt.throttle.refuses(now, random)) {
      return null;
    }
    double share = learnt.throttle.probability(now);
    String message =
        "%s fails so many attempts that %.0f %% of them are refused before they are sent"
            .formatted(spec.getTarget(), 100 * share);
    notices.acted(
        spec.getTarget(), "CONTROL_THROTTLED", message, Map.of("refused_share", share), now);
    return message;
  }

  /** A call begins; it earns shares of a retry and of a hedge. */
  void began(TargetSpec spec, long now) {
    retries.began(spec);
    Learnt learnt = learnt(spec, now);
    if (learnt != null) {
      learnt.hedges.earn(learnt.hedgesPerCall);
    }
  }

  /** Whether an attempt that failed may be followed by another now, as far as retries go. */
  boolean mayRetry(TargetSpec spec, long now) {
    if (retries.may(spec, now)) {
      return true;
    }
    notices.acted(
        spec.getTarget(),
        "CONTROL_RETRY_WITHHELD",
        "%s was not tried again: retries have used up their share of the calls"
            .formatted(spec.getTarget()),
        Map.of(),
        now);
    return false;
  }

  /**
   * An attempt ended.
   *
   * @param retryable whether the worker thinks that another attempt could succeed
   * @param runMillis time the tool ran
   * @param attemptMillis time from sending the attempt to its end; -1: says nothing
   */
  void ended(
      TargetSpec spec,
      Outcome outcome,
      boolean retryable,
      double runMillis,
      long attemptMillis,
      long now) {
    Learnt learnt = learnt(spec, now);
    if (learnt == null) {
      return;
    }
    switch (outcome) {
      case OK -> {
        learnt.runs.add(runMillis, now);
        learnt.attempts.add((double) attemptMillis, now);
      }
      // Ran as long as it was let, at least: left out, a timeout once too short would stay so.
      case TIMEOUT -> learnt.runs.add(runMillis, now);
      default -> {}
    }
    if (learnt.throttle != null) {
      switch (outcome) {
        case OK -> learnt.throttle.ended(true, now);
        case TOOL_ERROR -> learnt.throttle.ended(!retryable, now);
        case TIMEOUT, LOST -> learnt.throttle.ended(false, now);
        // Called off, or too late to begin: that says nothing of the target.
        default -> {}
      }
    }
  }

  /** How long an attempt may run, milliseconds. */
  long timeoutMillis(TargetSpec spec, long now) {
    AdaptiveTimeout policy = spec.getAdaptiveTimeout();
    Learnt learnt = policy == null ? null : learnt(spec, now);
    if (policy == null || learnt == null) {
      return spec.getTimeoutMs();
    }
    double usual = learnt.runs.quantile(policy.getQuantile(), now);
    if (Double.isNaN(usual)) {
      return spec.getTimeoutMs();
    }
    double wanted = Math.max((double) policy.getFloorMs(), Math.ceil(usual * policy.getSlack()));
    long timeout = (long) Math.min((double) spec.getTimeoutMs(), wanted);
    if (Math.abs(timeout - learnt.timeoutSaid) > TIMEOUT_CHANGE_SAID * learnt.timeoutSaid) {
      learnt.timeoutSaid = timeout;
      notices.acted(
          spec.getTarget(),
          "CONTROL_TIMEOUT",
          "attempts at %s may run %d ms: %.1f times quantile %s of their run times, %.1f ms"
              .formatted(spec.getTarget(), timeout, policy.getSlack(), policy.getQuantile(), usual),
          Map.of("timeout_ms", (double) timeout, "quantile_ms", usual),
          now);
    }
    return timeout;
  }

  /** How long after an attempt its hedge is sent, milliseconds; 0: never. */
  long hedgeAfterMillis(TargetSpec spec, long now) {
    Hedge policy = spec.getHedge();
    Learnt learnt = policy == null || !spec.getIdempotent() ? null : learnt(spec, now);
    if (policy == null || learnt == null) {
      return 0;
    }
    double usual = learnt.attempts.quantile(policy.getQuantile(), now);
    if (Double.isNaN(usual)) {
      return 0;
    }
    // Past the quantile by its error: where all attempts take the same time, none is hedged.
    long tail = (long) Math.ceil(usual * (1 + LatencyWindow.ACCURACY)) + 1;
    return Math.max(policy.getFloorMs(), tail);
  }

  /**
   * Whether a hedge may be sent now: the budget has one, and the target fails no more than usual.
   */
  boolean mayHedge(TargetSpec spec, long waitedMillis, long now) {
    Learnt learnt = learnt(spec, now);
    boolean well =
        learnt != null && (learnt.throttle == null || learnt.throttle.probability(now) == 0);
    if (learnt == null || !well || !learnt.hedges.trySpend(now)) {
      return false;
    }
    notices.acted(
        spec.getTarget(),
        "CONTROL_HEDGED",
        "a second attempt at %s was sent after %d ms without an end of the first"
            .formatted(spec.getTarget(), waitedMillis),
        Map.of("waited_ms", (double) waitedMillis),
        now);
    return true;
  }
}
