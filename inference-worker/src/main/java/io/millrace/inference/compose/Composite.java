package io.millrace.inference.compose;

import io.millrace.events.EnsembleCandidate;
import io.millrace.events.EnsembleOperation;
import io.millrace.events.EnsembleStep;
import io.millrace.events.ModelSpec;
import io.millrace.events.TargetSpec;
import io.millrace.events.Tensor;
import io.millrace.events.TensorSignature;
import io.millrace.inference.ModelException;
import io.millrace.inference.repository.Signature;
import io.millrace.inference.runtime.Inputs;
import io.millrace.inference.runtime.Request;
import io.millrace.schemas.ensemble.StepTensors;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;

/** An ensemble, or a part of one, whose models are all in this worker. */
public final class Composite {
  private final TargetSpec declaration;
  private final ModelSpec model;
  private final Map<String, Condition> conditions = new HashMap<>();

  /** Runs one model of this worker. */
  @FunctionalInterface
  public interface Caller {
    /**
     * Begins a run.
     *
     * @param outputs names of those that are wanted
     * @throws ModelException if the inputs do not do, or the model takes no more
     */
    CompletableFuture<Request.Answer> call(
        String target, List<Tensor> inputs, List<String> outputs);
  }

  private Composite(TargetSpec declaration, ModelSpec model) {
    this.declaration = declaration;
    this.model = model;
  }

  /**
   * What a declaration says.
   *
   * @throws ModelException MODEL_CONFIG_INVALID if a step chooses among models or a condition does
   *     not compile
   */
  public static Composite of(TargetSpec declaration) {
    ModelSpec model = declaration.getModel();
    if (model == null || model.getSteps().isEmpty()) {
      throw ModelException.config("%s has no steps".formatted(declaration.getTarget()));
    }
    Composite composite = new Composite(declaration, model);
    for (EnsembleStep step : model.getSteps()) {
      if (step.getOperation() == EnsembleOperation.CONDITION) {
        composite.conditions.put(
            step.getName(),
            Condition.compile(
                "step '%s' of %s".formatted(step.getName(), declaration.getTarget()),
                step.getExpression(),
                step.getOperands()));
      }
      if (step.getCandidates().size() > 1) {
        throw ModelException.config(
            "step '%s' of %s chooses among models, which workers do not"
                .formatted(step.getName(), declaration.getTarget()));
      }
    }
    return composite;
  }

  /** As it was declared. */
  public TargetSpec declaration() {
    return declaration;
  }

  /** Targets of the models that it needs. */
  public Set<String> members() {
    Set<String> members = new TreeSet<>();
    for (EnsembleStep step : model.getSteps()) {
      for (EnsembleCandidate candidate : step.getCandidates()) {
        members.add(candidate.getTarget());
      }
    }
    return members;
  }

  /**
   * Runs it; does not wait for its models.
   *
   * @param given the inputs; of a part those that were not left out before it
   * @param wanted names of the outputs that are wanted; empty: all
   * @return what it gave, the times of its models added up; or a {@link ModelException}
   * @throws ModelException INPUT_INVALID if the inputs do not do
   */
  public CompletableFuture<Request.Answer> run(
      List<Tensor> given,
      List<String> wanted,
      Map<String, String> parameters,
      String tenant,
      Caller caller) {
    List<Tensor> inputs = checked(given);
    List<String> outputs =
        wanted.isEmpty()
            ? model.getOutputs().stream().map(TensorSignature::getName).toList()
            : wanted;
    CompositeRun run =
        new CompositeRun(this, caller, parameters, tenant, outputs, needed(outputs), inputs);
    run.advance();
    return run.answer();
  }

  /**
   * A part is given what it takes and perhaps more, or less where steps before it were left out.
   */
  private List<Tensor> checked(List<Tensor> given) {
    List<Tensor> inputs = given;
    List<TensorSignature> expected = model.getInputs();
    if (part()) {
      Set<String> known = inputs();
      inputs = given.stream().filter(tensor -> known.contains(tensor.getName())).toList();
      Set<String> names = new HashSet<>();
      inputs.forEach(tensor -> names.add(tensor.getName()));
      expected = expected.stream().filter(end -> names.contains(end.getName())).toList();
    }
    // Without a batch dimension: what conditions give has none, whatever the others have.
    return Inputs.check(declaration.getTarget(), new Signature(expected, List.of(), 0), inputs)
        .tensors();
  }

  /** The steps that the outputs rest on. */
  private Set<EnsembleStep> needed(List<String> outputs) {
    Set<String> tensors = new HashSet<>(outputs);
    Set<EnsembleStep> needed = Collections.newSetFromMap(new IdentityHashMap<>());
    List<EnsembleStep> steps = model.getSteps();
    for (int i = steps.size() - 1; i >= 0; i--) {
      EnsembleStep step = steps.get(i);
      if (StepTensors.makes(step).stream().anyMatch(tensors::contains)) {
        needed.add(step);
        tensors.addAll(StepTensors.takes(step));
      }
    }
    return needed;
  }

  /** Whether it is a part, of which inputs and outputs may be left out. */
  boolean part() {
    return !model.getPartOf().isEmpty();
  }

  List<EnsembleStep> steps() {
    return model.getSteps();
  }

  Set<String> inputs() {
    Set<String> inputs = new HashSet<>();
    model.getInputs().forEach(input -> inputs.add(input.getName()));
    return inputs;
  }

  String target() {
    return declaration.getTarget();
  }

  /** Whether the condition of a step holds. */
  boolean holds(
      EnsembleStep step,
      Map<String, Tensor> tensors,
      Map<String, String> parameters,
      String tenant) {
    Condition condition = conditions.get(step.getName());
    return condition != null && condition.holds(tensors, parameters, tenant);
  }
}
