package io.millrace.topologies.ensemble.logic;

import io.millrace.events.EnsembleCandidate;
import io.millrace.events.EnsembleOperation;
import io.millrace.events.EnsemblePolicy;
import io.millrace.events.EnsembleStep;
import io.millrace.events.ModelSpec;
import io.millrace.events.TargetKind;
import io.millrace.events.TargetSpec;
import io.millrace.events.TensorDatatype;
import io.millrace.events.TensorSignature;
import io.millrace.schemas.serde.AvroSafety;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** Steps, models and ensembles for tests. */
final class EnsembleRig {
  static {
    AvroSafety.establish();
  }

  private EnsembleRig() {}

  /** A step that makes a tensor of its own name from others, by a model of one input each. */
  static EnsembleStep model(String name, String target, List<String> takes) {
    Map<String, String> inputs = new TreeMap<>();
    for (int i = 0; i < takes.size(); i++) {
      inputs.put("x" + i, takes.get(i));
    }
    return EnsembleStep.newBuilder()
        .setName(name)
        .setOperation(EnsembleOperation.MODEL)
        .setCandidates(List.of(new EnsembleCandidate(target, 1.0)))
        .setInputs(inputs)
        .setOutputs(Map.of("y", name))
        .build();
  }

  static EnsembleStep operation(EnsembleOperation operation, String name, String... takes) {
    return EnsembleStep.newBuilder()
        .setName(name)
        .setOperation(operation)
        .setOperands(List.of(takes))
        .setResult(name)
        .setExpression(operation == EnsembleOperation.CONDITION ? "true" : "")
        .build();
  }

  static EnsembleStep choice(EnsemblePolicy policy, String name, String takes, String... targets) {
    return EnsembleStep.newBuilder(model(name, "none", List.of(takes)))
        .setPolicy(policy)
        .setCandidates(
            Arrays.stream(targets).map(target -> new EnsembleCandidate(target, 1.0)).toList())
        .build();
  }

  static TensorSignature floats(String name, long... shape) {
    return new TensorSignature(name, TensorDatatype.FP32, Arrays.stream(shape).boxed().toList());
  }

  /** A model of so many inputs x0, x1, … and the output y, all FP32 [-1, 4]. */
  static TargetSpec declared(String target, String pool, int inputs) {
    List<TensorSignature> signatures =
        java.util.stream.IntStream.range(0, inputs).mapToObj(i -> floats("x" + i, -1, 4)).toList();
    return TargetSpec.newBuilder()
        .setTarget(target)
        .setKind(TargetKind.MODEL)
        .setName(target.substring("model:".length(), target.indexOf('@')))
        .setPool(pool)
        .setIdempotent(true)
        .setReadOnly(true)
        .setTimeoutMs(1_000)
        .setModel(
            ModelSpec.newBuilder()
                .setInputs(signatures)
                .setOutputs(List.of(floats("y", -1, 4)))
                .setBatchMax(8)
                .build())
        .build();
  }

  static EnsembleTargets.Source source(List<EnsembleStep> steps, String... outputs) {
    return new EnsembleTargets.Source(
        "pipe",
        "1",
        steps,
        List.of(floats("in", -1, 4)),
        Arrays.stream(outputs).map(name -> floats(name, -1, 4)).toList(),
        8,
        "{}",
        "default");
  }
}
