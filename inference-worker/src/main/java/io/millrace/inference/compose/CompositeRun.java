package io.millrace.inference.compose;

import io.millrace.events.EnsembleOperation;
import io.millrace.events.EnsembleStep;
import io.millrace.events.Tensor;
import io.millrace.events.TensorDatatype;
import io.millrace.inference.ModelException;
import io.millrace.inference.runtime.Request;
import io.millrace.schemas.ensemble.StepTensors;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * One run of a {@link Composite}: begins each step once every tensor that it takes is there or
 * known to be left out.
 *
 * <p>A step whose guard is false or left out is left out, and so is one that misses what it is
 * computed from; those that combine tensors take the ones that are there.
 */
final class CompositeRun {
  private final Composite composite;
  private final Composite.Caller caller;
  private final Map<String, String> parameters;
  private final String tenant;
  private final List<String> outputs;
  private final Set<EnsembleStep> waiting;
  private final Map<String, Tensor> present = new HashMap<>();
  private final Set<String> absent = new HashSet<>();
  private final CompletableFuture<Request.Answer> answer = new CompletableFuture<>();
  private double batchMs;
  private double computeMs;
  private int batchSize;

  /**
   * A run that has not begun.
   *
   * @param outputs names of those that are wanted
   * @param needed steps to run; taken over
   */
  CompositeRun(
      Composite composite,
      Composite.Caller caller,
      Map<String, String> parameters,
      String tenant,
      List<String> outputs,
      Set<EnsembleStep> needed,
      List<Tensor> given) {
    this.composite = composite;
    this.caller = caller;
    this.parameters = parameters;
    this.tenant = tenant;
    this.outputs = outputs;
    this.waiting = needed;
    given.forEach(tensor -> present.put(tensor.getName(), tensor));
    absent.addAll(composite.inputs());
    absent.removeAll(present.keySet());
  }

  CompletableFuture<Request.Answer> answer() {
    return answer;
  }

  /** Begins what can begin, and ends the run once all that is wanted is decided. */
  synchronized void advance() {
    try {
      boolean moved = true;
      while (moved && !answer.isDone()) {
        moved = false;
        for (EnsembleStep step : composite.steps()) {
          if (waiting.contains(step) && decided(StepTensors.takes(step))) {
            waiting.remove(step);
            begin(step);
            moved = true;
          }
        }
      }
      if (!answer.isDone() && decided(outputs)) {
        end();
      }
    } catch (ModelException e) {
      answer.completeExceptionally(e);
    }
  }

  private boolean decided(Iterable<String> tensors) {
    for (String tensor : tensors) {
      if (!present.containsKey(tensor) && !absent.contains(tensor)) {
        return false;
      }
    }
    return true;
  }

  private void begin(EnsembleStep step) {
    String guard = step.getGuard();
    if (!guard.isEmpty() && !isTrue(present.get(guard))) {
      absent.addAll(StepTensors.makes(step));
      return;
    }
    boolean combines =
        switch (step.getOperation()) {
          case FIRST, MEAN, WEIGHTED, VOTE -> true;
          default -> false;
        };
    List<Tensor> operands = new ArrayList<>();
    List<Integer> numbers = new ArrayList<>();
    List<String> names =
        step.getOperation() == EnsembleOperation.MODEL ? List.of() : step.getOperands();
    for (int i = 0; i < names.size(); i++) {
      Tensor operand = present.get(names.get(i));
      if (operand != null) {
        operands.add(operand);
        numbers.add(i);
      }
    }
    boolean missing = StepTensors.operands(step).stream().anyMatch(absent::contains);
    if (combines ? operands.isEmpty() : missing) {
      absent.addAll(StepTensors.makes(step));
    } else if (step.getOperation() == EnsembleOperation.MODEL) {
      call(step);
    } else if (step.getOperation() == EnsembleOperation.CONDITION) {
      boolean holds = composite.holds(step, present, parameters, tenant);
      present.put(step.getResult(), flag(step.getResult(), holds));
    } else {
      present.put(step.getResult(), Operations.run(step, operands, numbers));
    }
  }

  private static boolean isTrue(@Nullable Tensor flag) {
    return flag != null && flag.getData().hasRemaining() && flag.getData().get(0) != 0;
  }

  private static Tensor flag(String name, boolean value) {
    return new Tensor(
        name,
        TensorDatatype.BOOL,
        List.of(1L),
        ByteBuffer.wrap(new byte[] {(byte) (value ? 1 : 0)}));
  }

  private void call(EnsembleStep step) {
    List<Tensor> inputs = new ArrayList<>(step.getInputs().size());
    step.getInputs()
        .forEach(
            (input, name) -> {
              Tensor tensor = present.get(name);
              if (tensor != null) {
                inputs.add(named(input, tensor));
              }
            });
    caller
        .call(
            step.getCandidates().get(0).getTarget(),
            inputs,
            List.copyOf(step.getOutputs().keySet()))
        .whenComplete(
            (made, failure) -> {
              if (made == null || failure != null) {
                answer.completeExceptionally(
                    failure == null ? new IllegalStateException("no answer") : failure);
              } else {
                ended(step, made);
              }
            });
  }

  private static Tensor named(String name, Tensor tensor) {
    return tensor.getName().equals(name)
        ? tensor
        : new Tensor(name, tensor.getDatatype(), tensor.getShape(), tensor.getData().duplicate());
  }

  private synchronized void ended(EnsembleStep step, Request.Answer made) {
    batchMs += made.batchMs();
    computeMs += made.computeMs();
    batchSize = Math.max(batchSize, made.batchSize());
    for (Tensor output : made.outputs()) {
      String name = step.getOutputs().get(output.getName());
      if (name != null) {
        present.put(name, named(name, output));
      }
    }
    for (String name : StepTensors.makes(step)) {
      if (!present.containsKey(name)) {
        absent.add(name);
      }
    }
    advance();
  }

  private void end() {
    List<Tensor> made = new ArrayList<>(outputs.size());
    for (String output : outputs) {
      Tensor tensor = present.get(output);
      if (tensor != null) {
        made.add(named(output, tensor));
      } else if (!composite.part()) {
        throw new ModelException(
            "OUTPUT_LEFT_OUT",
            "output '%s' of %s was made by no step: the conditions left all of them out"
                .formatted(output, composite.target()),
            false);
      }
    }
    answer.complete(new Request.Answer(made, batchMs, computeMs, batchSize));
  }
}
