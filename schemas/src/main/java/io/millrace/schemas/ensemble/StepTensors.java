package io.millrace.schemas.ensemble;

import io.millrace.events.EnsembleOperation;
import io.millrace.events.EnsembleStep;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.Set;

/** Says which tensors of an ensemble a step takes and makes. */
public final class StepTensors {
  private StepTensors() {}

  /** The tensors that it is computed from, without its guard, in their order. */
  public static Set<String> operands(EnsembleStep step) {
    return new LinkedHashSet<>(
        step.getOperation() == EnsembleOperation.MODEL
            ? step.getInputs().values()
            : step.getOperands());
  }

  /** The tensors that it waits for: what it is computed from, and its guard if it has one. */
  public static Set<String> takes(EnsembleStep step) {
    Set<String> takes = operands(step);
    if (!step.getGuard().isEmpty()) {
      takes.add(step.getGuard());
    }
    return takes;
  }

  /** The tensors that it makes, unless it is left out; as often as they are named. */
  public static Collection<String> makes(EnsembleStep step) {
    return step.getOperation() == EnsembleOperation.MODEL
        ? step.getOutputs().values()
        : Set.of(step.getResult());
  }
}
