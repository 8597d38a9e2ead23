package io.millrace.worker.runtime;

import io.millrace.events.ScalingDecision;
import io.millrace.events.ScalingPolicy;
import io.millrace.events.TargetSpec;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Gives each pool of a worker that stands in for all replicas the slots of those replicas: replicas
 * decided on × slots of one by the pool's policy. A pool that is not scaled keeps what it had, and
 * no pool has fewer than one, for work must be seen to arrive.
 */
final class ScaledSlots {
  private static final Logger LOG = LoggerFactory.getLogger(ScaledSlots.class);
  private static final long SLOTS_MAX = 100_000;

  private final int unscaled;
  private final Map<String, Slots> slots = new HashMap<>();
  private final Map<String, Integer> replicas = new HashMap<>();
  private final Map<String, ScalingPolicy> policies = new HashMap<>();

  /**
   * @param unscaled slots of a pool that is not scaled
   */
  ScaledSlots(int unscaled) {
    this.unscaled = unscaled;
  }

  /** Adds a pool. */
  synchronized void pool(String pool, Slots of) {
    slots.put(pool, of);
    apply(pool);
  }

  /** Takes a pool's declaration; null: it is gone. */
  synchronized void declared(String pool, @Nullable TargetSpec spec) {
    ScalingPolicy policy = spec == null ? null : spec.getScaling();
    if (policy == null) {
      policies.remove(pool);
    } else {
      policies.put(pool, policy);
    }
    apply(pool);
  }

  /** Takes a decision; null: it was withdrawn. */
  synchronized void decided(String pool, @Nullable ScalingDecision decision) {
    if (decision == null) {
      replicas.remove(pool);
    } else {
      replicas.put(pool, decision.getReplicas());
    }
    apply(pool);
  }

  private void apply(String pool) {
    Slots of = slots.get(pool);
    if (of == null) {
      return;
    }
    ScalingPolicy policy = policies.get(pool);
    int limit = unscaled;
    if (policy != null) {
      long count = replicas.getOrDefault(pool, policy.getReplicasMin());
      limit = (int) Math.max(1, Math.min(SLOTS_MAX, count * policy.getSlots()));
    }
    if (limit != of.limit()) {
      LOG.info("Pool {} has {} slots instead of {}", pool, limit, of.limit());
      of.limit(limit);
    }
  }
}
