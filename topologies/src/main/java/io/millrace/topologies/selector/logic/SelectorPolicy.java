package io.millrace.topologies.selector.logic;

import java.time.Duration;

/**
 * What a choice among models is to achieve, and what it may cost to learn it.
 *
 * @param quality share of answers that must agree with the reference model's, 0 to 1 excluded
 * @param objective latency that is aimed at
 * @param inTime share of answers that must meet it, 0 to 1 excluded
 * @param shadowShare share of requests on which the reference runs beside the chosen model for
 *     good, 0 to 1
 * @param shadowCost what that may cost in proportion to the chosen model: where the reference is
 *     dearer, the share is smaller
 * @param exploreShare share of requests on which others may run beside the chosen one in the long
 *     run, not less than {@code shadowShare}
 * @param credit requests of a class on which others may run beyond that at once
 * @param wrongProof how often a model that does not meet a target may be found to meet it, 0 to 1
 *     excluded
 * @param falseAlarm how readily a model that meets a target is found not to, 0 to 1 excluded; see
 *     {@link ShareEvidence}
 */
public record SelectorPolicy(
    double quality,
    Duration objective,
    double inTime,
    double shadowShare,
    double shadowCost,
    double exploreShare,
    int credit,
    double wrongProof,
    double falseAlarm) {

  /** Checks the numbers. */
  public SelectorPolicy {
    if (!(inner(quality) && inner(inTime) && inner(wrongProof) && inner(falseAlarm))) {
      throw new IllegalArgumentException(
          "quality %s, in time %s, wrong proof %s and false alarm %s lie between 0 and 1"
              .formatted(quality, inTime, wrongProof, falseAlarm));
    }
    if (!(shadowShare >= 0 && exploreShare >= shadowShare && exploreShare <= 1)
        || !(shadowCost >= 0)
        || credit < 0
        || objective.isNegative()) {
      throw new IllegalArgumentException(
          "shares %s and %s rise to 1 at most; shadow cost %s, credit %d and objective %s are not"
                  .formatted(shadowShare, exploreShare, shadowCost, credit, objective)
              + " negative");
    }
  }

  private static boolean inner(double share) {
    return share > 0 && share < 1;
  }

  /** 95 % agreement, 95 % within 100 ms, 1 % shadowed for 4 % of the cost. */
  public static SelectorPolicy defaults() {
    return new SelectorPolicy(
        0.95, Duration.ofMillis(100), 0.95, 0.01, 0.04, 0.04, 3_000, 0.05, 0.001);
  }
}
