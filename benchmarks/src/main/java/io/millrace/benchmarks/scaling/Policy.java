package io.millrace.benchmarks.scaling;

import io.millrace.topologies.scaling.logic.PoolScaler;
import io.millrace.topologies.scaling.logic.PoolWindow;
import java.util.ArrayDeque;
import java.util.Deque;

/** A rule of scaling: from each window that ended, the replicas for one that comes later. */
interface Policy {
  /**
   * Takes what the next window was like.
   *
   * @return exact replicas, not rounded
   */
  double next(PoolWindow seen);

  /** The classes that scale pools in operations. */
  static Policy of(PoolScaler scaler) {
    return seen -> scaler.next(seen).exact();
  }

  /**
   * What autoscalers do that look at utilisation and lag: replicas such that what came and what
   * waits would use 70 % of them, unless that changes them by less than 10 %, and fewer only after
   * five minutes in which nothing asked for more. The defaults of Kubernetes' horizontal
   * autoscaler.
   */
  final class Reactive implements Policy {
    private static final double TARGET = 0.7;
    private static final double TOLERANCE = 0.1;
    private static final double STABILIZATION_SECONDS = 300;

    private final double seconds;
    private final int slots;
    private final Deque<Double> recommended = new ArrayDeque<>();
    private double replicas;

    /**
     * @param seconds of a window
     * @param slots of a replica
     */
    Reactive(double seconds, int slots) {
      this.seconds = seconds;
      this.slots = slots;
    }

    @Override
    public double next(PoolWindow seen) {
      double demand = seen.perSecond() + seen.queued() / seconds;
      double desired = Math.max(1, demand * seen.serviceMs() / 1e3 / slots / TARGET);
      if (replicas > 0 && Math.abs(desired / replicas - 1) <= TOLERANCE) {
        desired = replicas;
      }
      recommended.addLast(desired);
      while (recommended.size() > Math.max(1, STABILIZATION_SECONDS / seconds)) {
        recommended.removeFirst();
      }
      replicas = recommended.stream().mapToDouble(Double::doubleValue).max().orElse(desired);
      return replicas;
    }
  }
}
