package io.millrace.topologies.dispatch.logic;

import io.millrace.events.RetryBudget;
import io.millrace.events.TargetSpec;
import java.util.HashMap;
import java.util.Map;

/**
 * Lets retries at a target be no more than a share of its calls, and retries at all targets
 * together no more than the same shares of all calls: a target that fails leaves the others what
 * their calls earn, and many that fail a little do not add up to an overload.
 *
 * <p>A target has a budget of its own from its first retry on; until then it would be full.
 */
final class Retries {
  private static final int TARGETS_MAX = 10_000;

  private final DispatchPolicy policy;
  private final AttemptBudget common;
  private final Map<String, AttemptBudget> byTarget = new HashMap<>();

  Retries(DispatchPolicy policy, long now) {
    this.policy = policy;
    this.common = budget(now);
  }

  private AttemptBudget budget(long now) {
    return new AttemptBudget(policy.retriesPerSecond(), policy.retriesSaved(), now);
  }

  /** A call begins; it earns a share of a retry. */
  void began(TargetSpec spec) {
    RetryBudget declared = spec.getRetryBudget();
    if (declared == null) {
      return;
    }
    double share = declared.getRatio() == null ? policy.retryRatio() : declared.getRatio();
    common.earn(share);
    AttemptBudget own = byTarget.get(spec.getTarget());
    if (own != null) {
      own.earn(share);
    }
  }

  /** Whether a retry may be sent now; if so, it is spent. A target without a budget always may. */
  boolean may(TargetSpec spec, long now) {
    if (spec.getRetryBudget() == null) {
      return true;
    }
    if (byTarget.size() >= TARGETS_MAX && !byTarget.containsKey(spec.getTarget())) {
      byTarget.clear();
    }
    AttemptBudget own = byTarget.computeIfAbsent(spec.getTarget(), target -> budget(now));
    return own.has(now) && common.trySpend(now) && own.trySpend(now);
  }
}
