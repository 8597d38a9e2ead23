package io.millrace.topologies.ledger.logic;

import io.millrace.events.ScalingPolicy;
import io.millrace.events.TargetSpec;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * What running a target costs: what it declares per run, and the part of its pool's replica that it
 * keeps busy; fed by a global table, read by every stream thread.
 */
public final class Tariffs {
  private static final String POOL_PREFIX = "pool:";
  private static final double HOUR_MILLIS = 3_600_000;

  private final Map<String, TargetSpec> specs = new ConcurrentHashMap<>();

  /**
   * Takes a record of {@code targets}.
   *
   * @param key the target or pool
   * @param spec null removes it
   */
  public void put(String key, @Nullable TargetSpec spec) {
    if (spec == null) {
      specs.remove(key);
    } else {
      specs.put(key, spec);
    }
  }

  /**
   * What attempts cost.
   *
   * @param target such as 'model:sentiment@3'; of one that is not known nothing is known
   * @param attempts that were run, 0 or more
   * @param computeMillis that the last one kept a replica, or a slot of it, busy
   * @param wholeReplica whether that was the whole replica; else one of its slots
   * @return millionths of the billing currency
   */
  long costMicros(String target, int attempts, double computeMillis, boolean wholeReplica) {
    TargetSpec spec = specs.get(target);
    if (spec == null) {
      return 0;
    }
    double cost = (double) Math.max(0, spec.getCostMicros()) * attempts;
    TargetSpec pool = specs.get(POOL_PREFIX + spec.getPool());
    ScalingPolicy policy = pool == null ? null : pool.getScaling();
    if (policy != null) {
      double replica = Math.max(0, policy.getCostMicrosPerHour()) / HOUR_MILLIS;
      cost += computeMillis * replica / (wholeReplica ? 1 : Math.max(1, policy.getSlots()));
    }
    return Math.round(cost);
  }
}
