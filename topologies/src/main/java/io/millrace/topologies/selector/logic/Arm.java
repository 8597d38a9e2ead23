package io.millrace.topologies.selector.logic;

import io.millrace.topologies.memory.logic.Memory;

/** What is known of one model on one class of inputs. */
final class Arm {
  private static final double COST_KEPT = 0.98;

  /** A model that was found not to do is left alone for so many requests, then twice as many. */
  private static final long PAUSE = 2_000;

  private static final int PAUSE_DOUBLINGS_MAX = 12;

  /** So many comparisons follow at once when something makes an earlier finding doubtful. */
  private static final int RECHECK = 40;

  private final String model;
  private final ShareEvidence quality;
  private final ShareEvidence inTime;
  private double cost;
  private long runs;
  private long pausedUntil;
  private long recheck;

  Arm(Candidate candidate, SelectorPolicy policy) {
    this.model = candidate.model();
    this.cost = candidate.cost();
    this.quality = new ShareEvidence(policy.quality(), policy.wrongProof(), policy.falseAlarm());
    this.inTime = new ShareEvidence(policy.inTime(), policy.wrongProof(), policy.falseAlarm());
  }

  String model() {
    return model;
  }

  double cost() {
    return cost;
  }

  ShareEvidence quality() {
    return quality;
  }

  ShareEvidence inTime() {
    return inTime;
  }

  /** Whether it was found to meet both targets. */
  boolean proven() {
    return quality.enough() && inTime.enough();
  }

  /** Whether an earlier finding is to be checked now. */
  boolean doubtful() {
    return recheck > 0 || quality.doubtful();
  }

  /**
   * Whether it could meet the targets, by a draw of what its shares might be (W. R. Thompson, "On
   * the likelihood that one unknown probability exceeds another", Biometrika 25, 1933).
   */
  boolean promising(SelectorPolicy policy, long request, double gaussian, double other) {
    return request >= pausedUntil
        && quality.plausible(gaussian) >= policy.quality()
        && inTime.plausible(other) >= policy.inTime();
  }

  /** Has what was found before checked anew. */
  void recheck() {
    recheck = RECHECK;
  }

  /**
   * Takes a comparison with the reference.
   *
   * @param request number of the request within its class
   * @return whether it was found by that not to do
   */
  boolean compared(boolean agreed, long request) {
    recheck = Math.max(0, recheck - 1);
    boolean before = quality.enough();
    if (!quality.take(agreed)) {
      return false;
    }
    failed(before, request, quality.trials());
    return true;
  }

  /**
   * Takes a run.
   *
   * @param request number of the request within its class
   * @return whether it was found by that to be too slow
   */
  boolean ran(boolean withinObjective, double runCost, long request) {
    cost = runs++ == 0 ? runCost : COST_KEPT * cost + (1 - COST_KEPT) * runCost;
    boolean before = inTime.enough();
    if (!inTime.take(withinObjective)) {
      return false;
    }
    failed(before, request, inTime.trials());
    return true;
  }

  /** What did until now is tried again at once: it may have been chance, or pass. */
  private void failed(boolean didBefore, long request, long trials) {
    recheck = 0;
    if (!didBefore) {
      pausedUntil = request + (PAUSE << Math.min(PAUSE_DOUBLINGS_MAX, trials - 2));
    }
  }

  /** Passes what it has learnt through a memory. */
  void remember(Memory memory) {
    quality.remember(memory);
    inTime.remember(memory);
    cost = memory.number(cost);
    runs = memory.count(runs);
    pausedUntil = memory.count(pausedUntil);
    recheck = memory.count(recheck);
  }
}
