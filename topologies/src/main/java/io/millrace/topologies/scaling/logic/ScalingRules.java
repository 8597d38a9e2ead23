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
  private static final int REPLICAS_MAX = 10_000;

  /** What is learnt of longer ones would not fit into a memory. */
  private static final long START_UP_MAX_MILLIS = Duration.ofHours(1).toMillis();

  private static final long DAY_MILLIS = Duration.ofDays(1).toMillis();

  /** Those of a registered policy; what contradicts itself is put right, since anyone may write. */
  public static ScalingRules of(ScalingPolicy policy) {
    int min = Math.max(0, Math.min(REPLICAS_MAX, policy.getReplicasMin()));
    double quantile = policy.getObjectiveQuantile();
    return new ScalingRules(
        min,
        Math.max(Math.max(1, min), Math.min(REPLICAS_MAX, policy.getReplicasMax())),
        policy.getToZero(),
        Duration.ofMillis(Math.max(1, upToADay(policy.getObjectiveMs()))),
        quantile >= QUANTILE_MIN ? Math.min(QUANTILE_MAX, quantile) : QUANTILE_MIN,
        Duration.ofMillis(Math.min(START_UP_MAX_MILLIS, upToADay(policy.getStartUpMs()))),
        Duration.ofMillis(upToADay(policy.getCoolDownMs())),
        Math.max(1, policy.getSlots()),
        Math.max(0, policy.getCostMicrosPerHour()));
  }

  private static long upToADay(long millis) {
    return Math.max(0, Math.min(DAY_MILLIS, millis));
  }

  /** Windows from one that was seen to the first that a decision on it can serve. */
  public int lead(Duration window) {
    return Math.toIntExact(1 + -Math.floorDiv(-startUp.toMillis(), window.toMillis()));
  }
}
