package io.millrace.topologies.ensemble.logic;

import io.millrace.events.EnsembleCandidate;
import io.millrace.events.EnsembleOperation;
import io.millrace.events.EnsemblePolicy;
import io.millrace.events.EnsembleStep;
import io.millrace.events.ModelSpec;
import io.millrace.events.TargetKind;
import io.millrace.events.TargetSpec;
import io.millrace.events.TensorSignature;
import io.millrace.schemas.ensemble.Parts;
import io.millrace.schemas.ensemble.StepTensors;
import io.millrace.schemas.serde.AvroSafety;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Words an ensemble as targets.
 *
 * <p>Where one pool serves all of it and nothing is to be chosen it is one target of that pool,
 * whose workers run its steps. Otherwise its target is of the pool {@value Parts#POOL}, which the
 * topology of ensembles serves; its steps are calls of parts, each a target of its own: one for
 * each segment, and one for each model of a step that chooses.
 */
public final class EnsembleTargets {
  static {
    AvroSafety.establish();
  }

  private final Source source;
  private final Function<String, @Nullable TargetSpec> models;
  private final Graph graph;
  private final Map<String, TensorSignature> types;
  private final List<TargetSpec> parts = new ArrayList<>();

  /**
   * An ensemble as it is declared.
   *
   * @param name without kind and version
   * @param steps in any order, with the targets of models
   * @param batchMax most rows of a request; 0: no batch dimension
   * @param config its configuration as JSON
   * @param pool of an ensemble without any model
   */
  public record Source(
      String name,
      String version,
      List<EnsembleStep> steps,
      List<TensorSignature> inputs,
      List<TensorSignature> outputs,
      int batchMax,
      String config,
      String pool) {

    String target() {
      return "model:" + name + "@" + version;
    }

    private List<String> inputNames() {
      return inputs.stream().map(TensorSignature::getName).toList();
    }

    private List<String> outputNames() {
      return outputs.stream().map(TensorSignature::getName).toList();
    }
  }

  private EnsembleTargets(
      Source source,
      Function<String, @Nullable TargetSpec> models,
      Graph graph,
      Map<String, TensorSignature> types) {
    this.source = source;
    this.models = models;
    this.graph = graph;
    this.types = types;
  }

  /**
   * The targets of an ensemble: itself, then its parts; ids and times are not set.
   *
   * @param models declared models by target; null: there is none
   * @throws EnsembleInvalid naming the step and the field that is wrong
   */
  public static List<TargetSpec> of(Source source, Function<String, @Nullable TargetSpec> models)
      throws EnsembleInvalid {
    if (source.inputs().isEmpty() || source.outputs().isEmpty()) {
      throw new EnsembleInvalid("an ensemble declares its input and its output; one is missing");
    }
    Graph graph = Graph.of(source.steps(), source.inputNames(), source.outputNames());
    Map<String, TensorSignature> types =
        TensorTypes.of(
            graph,
            source.inputs(),
            source.outputs(),
            target -> {
              TargetSpec spec = models.apply(target);
              return spec == null ? null : spec.getModel();
            });
    return new EnsembleTargets(source, models, graph, types).targets();
  }

  private List<TargetSpec> targets() throws EnsembleInvalid {
    List<Cutting.Segment> segments = Cutting.cut(graph, this::pool, source.pool());
    ModelSpec whole = model(source.inputs(), source.outputs());
    whole.setConfig(source.config());
    if (segments.size() == 1 && !segments.get(0).pool().isEmpty()) {
      whole.setSteps(graph.steps());
      return List.of(target(source.name(), segments.get(0).pool(), whole, graph.steps()));
    }
    List<EnsembleStep> calls = new ArrayList<>();
    for (Cutting.Segment segment : segments) {
      calls.add(
          segment.pool().isEmpty()
              ? choice(segment.steps().get(0))
              : call(Integer.toString(calls.size()), segment));
    }
    whole.setSteps(Graph.of(calls, source.inputNames(), source.outputNames()).steps());
    List<TargetSpec> targets = new ArrayList<>();
    targets.add(target(source.name(), Parts.POOL, whole, graph.steps()));
    targets.addAll(parts);
    return targets;
  }

  private @Nullable String pool(EnsembleStep step) {
    TargetSpec model =
        step.getCandidates().isEmpty()
            ? null
            : models.apply(step.getCandidates().get(0).getTarget());
    return model == null ? null : model.getPool();
  }

  private EnsembleStep call(String number, Cutting.Segment segment) {
    Set<String> made = new LinkedHashSet<>();
    segment.steps().forEach(step -> made.addAll(StepTensors.makes(step)));
    Set<String> entering = new LinkedHashSet<>();
    segment.steps().forEach(step -> entering.addAll(StepTensors.takes(step)));
    entering.removeAll(made);
    Set<String> leaving = new LinkedHashSet<>(source.outputNames());
    for (EnsembleStep step : graph.steps()) {
      if (!segment.steps().contains(step)) {
        leaving.addAll(StepTensors.takes(step));
      }
    }
    leaving.retainAll(made);
    String guard = segment.steps().get(0).getGuard();
    boolean guarded =
        entering.contains(guard)
            && segment.steps().stream().allMatch(step -> step.getGuard().equals(guard));
    EnsembleStep call =
        part("segment-" + number, number, segment.pool(), segment.steps(), entering, leaving);
    call.setGuard(guarded ? guard : "");
    return call;
  }

  private EnsembleStep choice(EnsembleStep step) {
    List<EnsembleCandidate> candidates = new ArrayList<>();
    Set<String> entering = StepTensors.operands(step);
    Set<String> leaving = new LinkedHashSet<>(StepTensors.makes(step));
    for (EnsembleCandidate candidate : step.getCandidates()) {
      EnsembleStep alone =
          EnsembleStep.newBuilder(step)
              .setPolicy(EnsemblePolicy.UNKNOWN)
              .setCandidates(List.of(candidate))
              .setGuard("")
              .build();
      TargetSpec model = models.apply(candidate.getTarget());
      String pool = model == null ? source.pool() : model.getPool();
      String bare = candidate.getTarget().replaceFirst("^model:", "").replace('@', '-');
      EnsembleStep call =
          part(
              step.getName(), step.getName() + "." + bare, pool, List.of(alone), entering, leaving);
      candidates.add(
          new EnsembleCandidate(call.getCandidates().get(0).getTarget(), candidate.getWeight()));
    }
    return EnsembleStep.newBuilder(step)
        .setCandidates(candidates)
        .setInputs(identity(entering))
        .setOutputs(identity(leaving))
        .build();
  }

  private EnsembleStep part(
      String call,
      String part,
      String pool,
      List<EnsembleStep> steps,
      Set<String> entering,
      Set<String> leaving) {
    ModelSpec model = model(typed(entering), typed(leaving));
    model.setSteps(steps);
    model.setPartOf(source.target());
    TargetSpec target = target(source.name() + "/" + part, pool, model, steps);
    parts.add(target);
    return EnsembleStep.newBuilder()
        .setName(call)
        .setOperation(EnsembleOperation.MODEL)
        .setCandidates(List.of(new EnsembleCandidate(target.getTarget(), 1.0)))
        .setInputs(identity(entering))
        .setOutputs(identity(leaving))
        .build();
  }

  private List<TensorSignature> typed(Set<String> tensors) {
    List<TensorSignature> typed = new ArrayList<>();
    for (String tensor : tensors) {
      TensorSignature type = types.get(tensor);
      if (type != null) {
        typed.add(type);
      }
    }
    return typed;
  }

  private static Map<String, String> identity(Set<String> tensors) {
    Map<String, String> identity = new LinkedHashMap<>();
    tensors.forEach(tensor -> identity.put(tensor, tensor));
    return identity;
  }

  private ModelSpec model(List<TensorSignature> inputs, List<TensorSignature> outputs) {
    return ModelSpec.newBuilder()
        .setInputs(inputs)
        .setOutputs(outputs)
        .setBatchMax(source.batchMax())
        .build();
  }

  /** It may be repeated if all of its models may, and takes as long as all of them together. */
  private TargetSpec target(String name, String pool, ModelSpec model, List<EnsembleStep> steps) {
    boolean idempotent = true;
    boolean readOnly = true;
    long timeoutMs = 0;
    for (EnsembleStep step : steps) {
      for (EnsembleCandidate candidate : step.getCandidates()) {
        TargetSpec member = models.apply(candidate.getTarget());
        if (member != null) {
          idempotent &= member.getIdempotent();
          readOnly &= member.getReadOnly();
          timeoutMs += member.getTimeoutMs();
        }
      }
    }
    TargetSpec.Builder target =
        TargetSpec.newBuilder()
            .setTarget("model:" + name + "@" + source.version())
            .setKind(TargetKind.MODEL)
            .setName(name)
            .setVersion(source.version())
            .setPool(pool)
            .setIdempotent(idempotent)
            .setReadOnly(readOnly)
            .setModel(model);
    if (timeoutMs > 0) {
      target.setTimeoutMs(timeoutMs);
    }
    return target.build();
  }
}
