package io.millrace.benchmarks.scaling;

import io.millrace.topologies.scaling.logic.Headroom;
import io.millrace.topologies.scaling.logic.PoolScaler;
import io.millrace.topologies.scaling.logic.PoolWindow;
import io.millrace.topologies.scaling.logic.UtilisationRule;
import java.time.Duration;

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

  /** The last value with a headroom in proportion to it, which is set online by the same rule. */
  static Policy persistence(int lead, double replicaRps) {
    Headroom headroom = new Headroom(lead, false);
    return seen -> headroom.next(seen.perSecond(), seen.perSecond()) / replicaRps;
  }

  /** A rule that looks at utilisation and lag; one replica at least. */
  static Policy reactive(Duration window, int slots) {
    UtilisationRule rule = new UtilisationRule(window, slots);
    return seen -> Math.max(1, rule.next(seen));
  }
}
