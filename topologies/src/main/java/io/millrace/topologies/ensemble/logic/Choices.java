package io.millrace.topologies.ensemble.logic;

import io.millrace.events.EnsembleCandidate;
import io.millrace.events.EnsemblePolicy;
import io.millrace.events.EnsembleStep;
import io.millrace.events.InferenceResult;
import io.millrace.events.Outcome;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;

/**
 * Chooses by the policy of each step of one ensemble.
 *
 * <p>A split draws by weight, with a number that follows from the operation id, among the models
 * that are usable: ready, and their circuit not open; since its verdict one model gets all. A
 * fallback begins with the usable models in their declared order. A shadow's first model answers,
 * and the second is called beside it for a fraction of the requests. A selection asks what has
 * learnt.
 */
public final class Choices implements Chooser {
  private final String ensemble;
  private final Predicate<String> usable;
  private final SplitTable splits;
  private final SplitFold fold;
  private final Selections selections;

  /**
   * @param ensemble its target
   * @param usable whether the target of a model may be called
   * @param splits verdicts
   * @param fold counts the calls
   * @param selections learn steps that select
   */
  public Choices(
      String ensemble,
      Predicate<String> usable,
      SplitTable splits,
      SplitFold fold,
      Selections selections) {
    this.ensemble = ensemble;
    this.usable = usable;
    this.splits = splits;
    this.fold = fold;
    this.selections = selections;
  }

  @Override
  public Choice choose(EnsembleStep step, Request request, long now) {
    return switch (step.getPolicy()) {
      case SPLIT -> Choice.of(split(step, request.operationId()));
      case FALLBACK -> Choice.of(usableFirst(step));
      case SHADOW -> shadowed(step, request.operationId());
      case SELECT -> selections.choose(ensemble, step, request, usable, now);
      case UNKNOWN -> Choice.of(List.of(0));
    };
  }

  private static Choice shadowed(EnsembleStep step, String operationId) {
    double fraction = StepRules.number(step, "fraction", 1);
    boolean drawn = Draws.uniform(operationId, "shadow." + step.getName()) < fraction;
    return new Choice(List.of(0), drawn ? List.of(1) : List.of(), "");
  }

  /** Where a canary fails, the stable model answers: callers are not what it is tried on. */
  private List<Integer> split(EnsembleStep step, String operationId) {
    int drawn = drawn(step, operationId);
    return drawn > 0 && SplitJudge.onTrial(step) ? List.of(drawn, 0) : List.of(drawn);
  }

  private int drawn(EnsembleStep step, String operationId) {
    List<EnsembleCandidate> candidates = step.getCandidates();
    int settled = splits.serving(ensemble, step);
    if (settled >= 0) {
      return settled;
    }
    double total = 0;
    double[] weights = new double[candidates.size()];
    for (int i = 0; i < weights.length; i++) {
      weights[i] = usable.test(candidates.get(i).getTarget()) ? candidates.get(i).getWeight() : 0;
      total += weights[i];
    }
    if (total == 0) {
      for (int i = 0; i < weights.length; i++) {
        weights[i] = candidates.get(i).getWeight();
        total += weights[i];
      }
    }
    double drawn = Draws.uniform(operationId, step.getName()) * total;
    int last = 0;
    for (int i = 0; i < weights.length; i++) {
      if (weights[i] > 0) {
        if (drawn < weights[i]) {
          return i;
        }
        drawn -= weights[i];
        last = i;
      }
    }
    return last;
  }

  private List<Integer> usableFirst(EnsembleStep step) {
    List<Integer> order = new ArrayList<>();
    List<Integer> others = new ArrayList<>();
    for (int i = 0; i < step.getCandidates().size(); i++) {
      (usable.test(step.getCandidates().get(i).getTarget()) ? order : others).add(i);
    }
    order.addAll(others);
    return order;
  }

  @Override
  public void ended(
      EnsembleStep step,
      String operationId,
      int candidate,
      InferenceResult result,
      double latencyMs,
      long now) {
    if (step.getPolicy() == EnsemblePolicy.SPLIT || step.getPolicy() == EnsemblePolicy.SHADOW) {
      double slowMs = StepRules.number(step, "slow_ms", Double.POSITIVE_INFINITY);
      boolean ok = result.getOutcome() == Outcome.OK;
      fold.ended(ensemble, step, candidate, ok && latencyMs <= slowMs);
    } else if (step.getPolicy() == EnsemblePolicy.SELECT) {
      selections.ended(ensemble, step, operationId, candidate, result, latencyMs, now);
    }
  }
}
