package io.millrace.topologies.scaling.logic;

import io.millrace.events.ScalingPolicy;
import java.time.Duration;

/**
 * What a pool's scaling is bound to.
 *
 * @param min fewest replicas while there is work
 * @param max most replicas, not less than min
 * @param toZero whether a pool without work may have none
 * @param objective latency that is aimed at
 * @param quantile of the latency that is to meet it, more than 0, less than 1
 * @param startUp from the decision until a new replica serves
 * @param coolDown longest that fewer replicas are put off
 * @param slots operations that one replica runs at once, 1 or more
 * @param costMicros of one replica an hour
 */
public record ScalingRules(
    int min,
    int max,
    boolean toZero,
    Duration objective,
    double quantile,
    Duration startUp,
    Duration coolDown,
    int slots,
    long costMicros) {
  private static final double QUANTILE_MIN = 0.5;
  private static final double QUANTILE_MAX = 0.9999;

  /** Those of a registered policy; what contradicts itself is put right, since anyone may write. */
  public static ScalingRules of(ScalingPolicy policy) {
    int min = Math.max(0, policy.getReplicasMin());
    return new ScalingRules(
        min,
        Math.max(Math.max(1, min), policy.getReplicasMax()),
        policy.getToZero(),
        Duration.ofMillis(Math.max(1, policy.getObjectiveMs())),
        Math.max(QUANTILE_MIN, Math.min(QUANTILE_MAX, policy.getObjectiveQuantile())),
        Duration.ofMillis(Math.max(0, policy.getStartUpMs())),
        Duration.ofMillis(Math.max(0, policy.getCoolDownMs())),
        Math.max(1, policy.getSlots()),
        Math.max(0, policy.getCostMicrosPerHour()));
  }

  /** Windows from one that was seen to the first that a decision on it can serve. */
  public int lead(Duration window) {
    return Math.toIntExact(1 + -Math.floorDiv(-startUp.toMillis(), window.toMillis()));
  }
}
