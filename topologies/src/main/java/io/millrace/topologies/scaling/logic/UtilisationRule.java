package io.millrace.topologies.scaling.logic;

import io.millrace.topologies.memory.logic.Memory;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;

/**
 * What autoscalers do that look at utilisation and lag: replicas such that what came and what waits
 * would use 70 % of them, unless that changes them by less than 10 %, and fewer only after five
 * minutes in which nothing asked for more.
 *
 * <p>Tolerance and time are the defaults of Kubernetes' horizontal autoscaler. Its target is 80 %
 * unless another is given; at 70 % the rule costs more and fewer are late.
 */
public final class UtilisationRule {
  private static final double TARGET = 0.7;
  private static final double TOLERANCE = 0.1;
  private static final Duration STABILIZATION = Duration.ofMinutes(5);
  private static final int RECOMMENDED_MAX = 512;

  private final double seconds;
  private final int windows;
  private final int slots;
  private final Deque<Double> recommended = new ArrayDeque<>();
  private double replicas;
  private double serviceMs;

  /**
   * @param window length of a window, 1 s or longer
   * @param slots of a replica
   */
  public UtilisationRule(Duration window, int slots) {
    this.seconds = window.toMillis() / 1e3;
    this.windows = (int) Math.max(1, STABILIZATION.toMillis() / window.toMillis());
    this.slots = slots;
  }

  /**
   * Takes what the next window was like.
   *
   * @return exact replicas, not rounded and without bounds
   */
  public double next(PoolWindow seen) {
    if (seen.serviceMs() > 0) {
      serviceMs = seen.serviceMs();
    }
    double demand = seen.perSecond() + seen.queued() / seconds;
    double desired = demand * serviceMs / 1e3 / slots / TARGET;
    if (replicas > 0 && Math.abs(desired / replicas - 1) <= TOLERANCE) {
      desired = replicas;
    }
    recommended.addLast(desired);
    while (recommended.size() > windows) {
      recommended.removeFirst();
    }
    replicas = recommended.stream().mapToDouble(Double::doubleValue).max().orElse(desired);
    return replicas;
  }

  void remember(Memory memory) {
    memory.lastNumbers(recommended, RECOMMENDED_MAX);
    replicas = memory.number(replicas);
    serviceMs = memory.number(serviceMs);
  }
}
