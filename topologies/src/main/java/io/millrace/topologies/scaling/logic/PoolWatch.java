package io.millrace.topologies.scaling.logic;

import io.millrace.events.OperationKind;
import io.millrace.events.PoolLoad;
import io.millrace.events.ScalingDecision;
import io.millrace.events.ScalingPolicy;
import io.millrace.schemas.identity.Ids;
import io.millrace.topologies.memory.logic.Memory;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Watches one pool by the wall clock: ends its windows, has them decided, and panics between them.
 *
 * <p>What is known of a pool's load is known from workers that take its tasks. While there are
 * none, what was decided stays; if that is none, the pool is woken when one of its targets is asked
 * for, which is said again for as long as an operation waits.
 *
 * <p>A clock that jumps, either way, starts a new window and decides nothing on the one it broke.
 */
final class PoolWatch {
  static final Duration WINDOW = Duration.ofSeconds(10);

  private static final long GLANCE_MILLIS = 2_000;
  private static final long LATE_MILLIS = 2_000;
  private static final long REMEMBER_MILLIS = 60_000;

  /** Of what a pool's scaler remembers: to be raised when that changes. */
  private static final byte VERSION = 3;

  private final String pool;
  private final ScalingPolicy policy;
  private final ScalingRules rules;
  private final Function<ScalingRules, PoolScaler> scalers;
  private PoolScaler scaler;
  private final PoolMeter meter = new PoolMeter();
  private final PoolMeter glances = new PoolMeter();
  private long windowFrom = Long.MIN_VALUE;
  private long countedFrom;
  private long glanceFrom;
  private long tickedAt;
  private long rememberedAt = Long.MIN_VALUE;
  private boolean learnt;
  private long askedBefore;
  private boolean askedInWindow;
  private boolean heardOf;

  private @Nullable Scaling last;

  /**
   * @param scalers makes one for windows of {@link #WINDOW}
   */
  PoolWatch(String pool, ScalingPolicy policy, Function<ScalingRules, PoolScaler> scalers) {
    this.pool = pool;
    this.policy = policy;
    this.rules = ScalingRules.of(policy);
    this.scalers = scalers;
    this.scaler = scalers.apply(rules);
  }

  boolean follows(ScalingPolicy now) {
    return policy.equals(now);
  }

  ScalingRules rules() {
    return rules;
  }

  /**
   * Lets time pass.
   *
   * @param now wall-clock milliseconds
   * @param decided replicas that were said last; 0 also where nothing was
   * @param loads of the pool, by worker
   * @param taken whether there is a worker that takes tasks
   * @param askedAt when a target of the pool was last asked for; 0: never
   * @return what is to be said; null: nothing new
   */
  @Nullable Scaling tick(
      long now, int decided, Map<String, PoolLoad> loads, boolean taken, long askedAt) {
    boolean asked = askedAnew(askedAt);
    askedInWindow |= asked;
    boolean asleep = !taken && decided == 0 && rules.toZero();
    if (asleep && asked) {
      last = scaler.wake();
      return last;
    }
    if (asleep) {
      askedInWindow = false;
      scaler.sleep();
    }
    long window = WINDOW.toMillis();
    boolean jumped = now < tickedAt || now - glanceFrom > window + LATE_MILLIS;
    tickedAt = now;
    if (windowFrom == Long.MIN_VALUE || jumped) {
      windowFrom = now;
      countedFrom = now;
      glanceFrom = now;
      meter.next(0, 1, loads);
      glances.next(0, 1, loads);
      return null;
    }
    if (now - windowFrom >= window) {
      PoolWindow seen = meter.next(windowFrom / window, (now - countedFrom) / 1e3, loads);
      // Windows begin where the former ended, however late they are counted: none is left out.
      windowFrom += (now - windowFrom) / window * window;
      countedFrom = now;
      glanceFrom = now;
      glances.next(0, 1, loads);
      if (!taken && decided > 0) {
        last =
            last == null ? scaler.stay(decided, "it has no workers: what was decided stays") : last;
      } else if (seen != null) {
        last = scaler.next(askedInWindow ? seen.withWork() : seen);
        learnt = true;
      }
      askedInWindow = false;
      return last;
    }
    if (now - glanceFrom >= GLANCE_MILLIS) {
      PoolWindow glance = glances.next(0, (now - glanceFrom) / 1e3, loads);
      glanceFrom = now;
      Scaling panic = glance == null ? null : scaler.glance(glance);
      if (panic != null) {
        last = panic;
        return panic;
      }
    }
    return null;
  }

  /** Who waits says so again and again: only what is said anew counts, however clocks differ. */
  private boolean askedAnew(long askedAt) {
    boolean anew = heardOf && askedAt > askedBefore;
    askedBefore = askedAt;
    heardOf = true;
    return anew;
  }

  /**
   * What it has learnt, if that was not asked for within the last minute.
   *
   * @return null: nothing new, or not yet
   */
  byte @Nullable [] memory(long now) {
    boolean soon = rememberedAt <= now && now - REMEMBER_MILLIS < rememberedAt;
    if (!learnt || soon) {
      return null;
    }
    rememberedAt = now;
    return memory();
  }

  /** What it has learnt. */
  byte[] memory() {
    learnt = false;
    return Memory.write(VERSION, scaler::remember);
  }

  /**
   * Goes on from what was learnt before.
   *
   * @throws IllegalArgumentException if that cannot be read; then it knows nothing
   */
  void recall(byte[] memory) {
    PoolScaler recalled = scalers.apply(rules);
    Memory.read(memory, VERSION, recalled::remember);
    scaler = recalled;
  }

  /** Words a decision. */
  ScalingDecision decision(
      Scaling scaling, int granted, int previous, OperationKind kind, long now) {
    boolean cut = granted < scaling.replicas();
    Map<String, Double> evidence = new HashMap<>();
    evidence.put("provided_per_s", scaling.provided());
    evidence.put("replicas_exact", scaling.exact());
    evidence.put("cost_micros_per_hour", (double) granted * rules.costMicros());
    return ScalingDecision.newBuilder()
        .setId(Ids.derived("scaling", pool, Long.toString(now)))
        .setOccurredAt(Instant.ofEpochMilli(now))
        .setPool(pool)
        .setKind(kind)
        .setReplicas(granted)
        .setPreviousReplicas(previous)
        .setReplicasMin(rules.toZero() ? 0 : rules.min())
        .setReplicasMax(cut ? granted : rules.max())
        .setObservedPerS(scaling.observed())
        .setForecastPerS(scaling.forecast())
        .setForecaster(scaling.forecaster())
        .setServiceMs(scaling.serviceMs())
        .setObjectiveMs((double) rules.objective().toMillis())
        .setObjectiveQuantile(rules.quantile())
        .setPanic(scaling.panic())
        .setReason(scaling.reason())
        .setRejectedReplicas(cut ? scaling.replicas() : scaling.rejected())
        .setRejectedReason(
            cut ? "the budget that all pools share does not allow it" : scaling.rejectedReason())
        .setEvidence(evidence)
        .build();
  }
}
