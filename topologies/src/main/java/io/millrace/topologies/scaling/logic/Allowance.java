package io.millrace.topologies.scaling.logic;

import io.millrace.topologies.memory.logic.Memory;

/**
 * How many replicas a pool may have beyond those that its objective needs: in the long run no more
 * than a rule of utilisation would have.
 *
 * <p>An objective says how many may be late, not what it is worth that fewer are. What people spend
 * where nothing looks ahead is the measure of that. The rule's replicas are spread over time by the
 * forecast instead of by the last minutes' peak, which buys fewer late operations for the same
 * hours. What it would have spent and what was spent are kept account of, within a twentieth of ten
 * minutes.
 */
final class Allowance {
  /** A little less, because whole replicas cost a little more. */
  private static final double SHARE = 0.995;

  private static final double SMOOTHING = 0.03;
  private static final int WINDOWS = 60;
  private static final double BALANCE_MAX = 0.05 * WINDOWS;

  /** Of the rule's replicas to those that would just be busy: more is a load that is fading. */
  private static final double RATIO_MAX = 3;

  private double ratio;
  private double rule;
  private double balance;

  /**
   * Takes what the rule would have after the next window.
   *
   * @param rule replicas that it would have
   * @param busy replicas that would just be busy with what is expected
   * @return replicas that the pool may have, 0 or more
   */
  double next(double rule, double busy) {
    this.rule = rule;
    if (busy > 0) {
      double now = Math.min(RATIO_MAX, rule / busy);
      ratio = ratio == 0 ? now : ratio + SMOOTHING * (now - ratio);
    }
    return Math.max(0, SHARE * ratio * busy + balance / WINDOWS);
  }

  /** Replicas that it had instead. */
  void spent(double replicas) {
    double most = BALANCE_MAX * rule;
    balance = Math.max(-most, Math.min(most, balance + SHARE * rule - replicas));
  }

  void remember(Memory memory) {
    ratio = memory.number(ratio);
    rule = memory.number(rule);
    balance = memory.number(balance);
  }
}
