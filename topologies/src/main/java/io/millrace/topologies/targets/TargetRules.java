package io.millrace.topologies.targets;

import io.millrace.events.AdaptiveTimeout;
import io.millrace.events.Hedge;
import io.millrace.events.RetryBudget;
import io.millrace.events.TargetSpec;
import io.millrace.events.Throttle;

/** What the numbers of a declaration must be like to be worked with, whoever wrote it. */
final class TargetRules {
  private TargetRules() {}

  /**
   * @throws IllegalArgumentException naming the field, what it is and what was expected
   */
  static void check(TargetSpec spec) {
    AdaptiveTimeout timeout = spec.getAdaptiveTimeout();
    if (timeout != null) {
      between("adaptive_timeout.quantile", timeout.getQuantile(), 0, 1);
      between("adaptive_timeout.slack", timeout.getSlack(), 1, 1e6);
    }
    Hedge hedge = spec.getHedge();
    if (hedge != null) {
      between("hedge.quantile", hedge.getQuantile(), 0, 1);
      between("hedge.budget", hedge.getBudget(), 0, 1);
    }
    Throttle throttle = spec.getThrottle();
    if (throttle != null) {
      between("throttle.ratio", throttle.getRatio(), 1, 1e6);
    }
    RetryBudget budget = spec.getRetryBudget();
    if (budget != null && budget.getRatio() != null) {
      between("retry_budget.ratio", budget.getRatio(), 0, 1);
    }
  }

  private static void between(String field, double given, double least, double most) {
    // NaN is neither.
    if (!(given >= least && given <= most)) {
      throw new IllegalArgumentException(
          "%s is %s; expected %s to %s".formatted(field, given, least, most));
    }
  }
}
