package io.millrace.topologies.ensemble.logic;

import io.millrace.events.EnsembleStep;
import io.millrace.events.InferenceWork;
import io.millrace.events.ModelSpec;
import io.millrace.events.Tensor;
import io.millrace.events.TensorSignature;
import io.millrace.schemas.ensemble.StepTensors;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The tensors of an ensemble under way of which it is decided what they are: at hand, only in the
 * log, or left out.
 */
final class KnownTensors {
  private final Map<String, Tensor> present = new HashMap<>();
  private final Set<String> inLog = new HashSet<>();
  private final Set<String> absent = new HashSet<>();

  /** The inputs of an ensemble. */
  KnownTensors(InferenceWork work, ModelSpec model) {
    work.getInputs().forEach(input -> present.put(input.getName(), input));
    for (TensorSignature input : model.getInputs()) {
      if (!present.containsKey(input.getName())) {
        (work.getInputsCoordinates() == null ? absent : inLog).add(input.getName());
      }
    }
  }

  boolean decided(Collection<String> tensors) {
    return tensors.stream()
        .allMatch(
            name -> present.containsKey(name) || absent.contains(name) || inLog.contains(name));
  }

  /** A tensor that is at hand; null: it is not. */
  @Nullable Tensor get(String name) {
    return present.get(name);
  }

  /** Takes what a call of a step gave; what it did not give is left out. */
  void took(EnsembleStep step, List<Tensor> outputs) {
    outputs.forEach(output -> present.put(output.getName(), output));
    for (String tensor : StepTensors.makes(step)) {
      if (!present.containsKey(tensor)) {
        absent.add(tensor);
      }
    }
  }

  /** Whether a step is not to be called: its guard says so, or there is nothing to give it. */
  boolean leavesOut(EnsembleStep step) {
    Tensor guard = present.get(step.getGuard());
    boolean passed = guard != null && guard.getData().hasRemaining() && guard.getData().get(0) != 0;
    return (!step.getGuard().isEmpty() && !passed)
        || absent.containsAll(StepTensors.operands(step));
  }

  /** A step is not called. */
  void leaveOut(EnsembleStep step) {
    absent.addAll(StepTensors.makes(step));
  }

  /** What a step is given, as far as it is at hand. */
  List<Tensor> inputs(EnsembleStep step) {
    return StepTensors.operands(step).stream()
        .filter(present::containsKey)
        .map(present::get)
        .toList();
  }

  /** Whether a step takes inputs that are only in the log. */
  boolean refers(EnsembleStep step) {
    return StepTensors.operands(step).stream().anyMatch(inLog::contains);
  }

  /** Drops all others. */
  void keep(Set<String> needed) {
    for (String tensor : List.copyOf(present.keySet())) {
      if (!needed.contains(tensor)) {
        present.remove(tensor);
        absent.add(tensor);
      }
    }
  }

  /** Those that are at hand, in the order of the names. */
  List<Tensor> all(Collection<String> names) {
    List<Tensor> all = new ArrayList<>();
    for (String name : names) {
      Tensor tensor = present.get(name);
      if (tensor != null) {
        all.add(tensor);
      }
    }
    return all;
  }

  long bytes() {
    return present.values().stream().mapToLong(tensor -> tensor.getData().remaining()).sum();
  }
}
