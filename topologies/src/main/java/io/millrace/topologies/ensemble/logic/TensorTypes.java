package io.millrace.topologies.ensemble.logic;

import io.millrace.events.EnsembleCandidate;
import io.millrace.events.EnsembleStep;
import io.millrace.events.ModelSpec;
import io.millrace.events.TensorDatatype;
import io.millrace.events.TensorSignature;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Derives datatype and shape of every tensor of an ensemble, step by step, and finds where they
 * contradict what a model or the ensemble declares.
 *
 * <p>A dimension of -1 fits any other; where two say something of one dimension, the one that is
 * not -1 holds.
 */
final class TensorTypes {
  private final Function<String, @Nullable ModelSpec> models;
  private final Map<String, TensorSignature> types = new HashMap<>();

  private TensorTypes(Function<String, @Nullable ModelSpec> models) {
    this.models = models;
  }

  /**
   * Derives.
   *
   * @param inputs of the ensemble
   * @param outputs of the ensemble, as declared
   * @param models by their targets; null: there is none
   * @return the tensors by name, inputs included
   */
  static Map<String, TensorSignature> of(
      Graph graph,
      List<TensorSignature> inputs,
      List<TensorSignature> outputs,
      Function<String, @Nullable ModelSpec> models)
      throws EnsembleInvalid {
    TensorTypes types = new TensorTypes(models);
    inputs.forEach(input -> types.types.put(input.getName(), input));
    for (EnsembleStep step : graph.steps()) {
      switch (step.getOperation()) {
        case MODEL -> types.model(step);
        case CONDITION -> types.put(step, TensorDatatype.BOOL, List.of(1L));
        default -> types.operation(step);
      }
    }
    for (TensorSignature output : outputs) {
      TensorSignature made = types.require("", output.getName());
      String problem = problem(made, output);
      if (problem != null) {
        throw new EnsembleInvalid("output '%s' %s".formatted(output.getName(), problem));
      }
    }
    return types.types;
  }

  private void model(EnsembleStep step) throws EnsembleInvalid {
    String name = step.getName();
    guard(step);
    for (EnsembleCandidate candidate : step.getCandidates()) {
      ModelSpec model = models.apply(candidate.getTarget());
      if (model == null) {
        throw EnsembleInvalid.of(
            name,
            "model '%s' is not in the repository, or does not do".formatted(candidate.getTarget()));
      }
      inputs(step, candidate.getTarget(), model);
      for (Map.Entry<String, String> output : step.getOutputs().entrySet()) {
        TensorSignature signature = named(model.getOutputs(), output.getKey());
        if (signature == null) {
          throw EnsembleInvalid.of(
              name,
              "outputs: %s has no output '%s'; it has %s"
                  .formatted(candidate.getTarget(), output.getKey(), names(model.getOutputs())));
        }
        merge(name, output.getValue(), signature);
      }
    }
  }

  private void inputs(EnsembleStep step, String target, ModelSpec model) throws EnsembleInvalid {
    for (Map.Entry<String, String> input : step.getInputs().entrySet()) {
      TensorSignature expected = named(model.getInputs(), input.getKey());
      if (expected == null) {
        throw EnsembleInvalid.of(
            step.getName(),
            "inputs: %s has no input '%s'; it has %s"
                .formatted(target, input.getKey(), names(model.getInputs())));
      }
      String problem = problem(require(step.getName(), input.getValue()), expected);
      if (problem != null) {
        throw EnsembleInvalid.of(
            step.getName(),
            "inputs: tensor '%s' for input '%s' of %s %s"
                .formatted(input.getValue(), input.getKey(), target, problem));
      }
    }
    for (TensorSignature expected : model.getInputs()) {
      if (!step.getInputs().containsKey(expected.getName())) {
        throw EnsembleInvalid.of(
            step.getName(),
            "inputs: input '%s' of %s is not given".formatted(expected.getName(), target));
      }
    }
  }

  private void guard(EnsembleStep step) throws EnsembleInvalid {
    if (!step.getGuard().isEmpty()
        && require(step.getName(), step.getGuard()).getDatatype() != TensorDatatype.BOOL) {
      throw EnsembleInvalid.of(
          step.getName(), "its guard '%s' is no BOOL tensor".formatted(step.getGuard()));
    }
  }

  private void operation(EnsembleStep step) throws EnsembleInvalid {
    guard(step);
    TensorSignature whole = require(step.getName(), step.getOperands().get(0));
    for (String operand : step.getOperands()) {
      TensorSignature other = require(step.getName(), operand);
      String problem = problem(other, whole);
      if (problem != null) {
        throw EnsembleInvalid.of(
            step.getName(),
            "of: tensor '%s' %s, as '%s' has".formatted(operand, problem, whole.getName()));
      }
      whole = new TensorSignature(whole.getName(), whole.getDatatype(), narrowed(whole, other));
    }
    TensorDatatype type = whole.getDatatype();
    boolean real = type == TensorDatatype.FP32 || type == TensorDatatype.FP64;
    boolean whole64 = type == TensorDatatype.INT32 || type == TensorDatatype.INT64;
    switch (step.getOperation()) {
      case FIRST -> put(step, type, whole.getShape());
      case VOTE -> {
        if (!real && !whole64) {
          throw wrongType(step, type, "INT32 or INT64 labels, or FP32 or FP64 scores");
        }
        if (real && whole.getShape().isEmpty()) {
          throw EnsembleInvalid.of(step.getName(), "of: scores need at least one dimension");
        }
        put(
            step,
            real ? TensorDatatype.INT64 : type,
            real ? whole.getShape().subList(0, whole.getShape().size() - 1) : whole.getShape());
      }
      default -> {
        if (!real) {
          throw wrongType(step, type, "FP32 or FP64");
        }
        lengths(step, whole.getShape());
        put(step, type, whole.getShape());
      }
    }
  }

  /** Numbers are one for all, or one for each element of the last dimension. */
  private static void lengths(EnsembleStep step, List<Long> shape) throws EnsembleInvalid {
    long last = shape.isEmpty() ? 1 : shape.get(shape.size() - 1);
    for (String name : List.of("scale", "offset")) {
      int given = step.getNumbers().getOrDefault(name, List.of()).size();
      if (given > 1 && given != last) {
        throw EnsembleInvalid.of(
            step.getName(),
            "%s: expected 1 number, or %s, the length of the last dimension, but %d are given"
                .formatted(name, last, given));
      }
    }
  }

  private static EnsembleInvalid wrongType(
      EnsembleStep step, TensorDatatype type, String expected) {
    return EnsembleInvalid.of(
        step.getName(), "of: datatype %s; expected %s".formatted(type, expected));
  }

  private void put(EnsembleStep step, TensorDatatype type, List<Long> shape) {
    types.put(step.getResult(), new TensorSignature(step.getResult(), type, List.copyOf(shape)));
  }

  /** All candidates of a step make the same tensor. */
  private void merge(String step, String tensor, TensorSignature signature) throws EnsembleInvalid {
    TensorSignature known = types.get(tensor);
    List<Long> shape = signature.getShape();
    if (known != null) {
      if (known.getDatatype() != signature.getDatatype()
          || known.getShape().size() != shape.size()) {
        throw EnsembleInvalid.of(
            step,
            "outputs: tensor '%s' is %s%s of one model and %s%s of another"
                .formatted(
                    tensor,
                    known.getDatatype(),
                    known.getShape(),
                    signature.getDatatype(),
                    signature.getShape()));
      }
      List<Long> common = new ArrayList<>();
      for (int i = 0; i < shape.size(); i++) {
        common.add(shape.get(i).equals(known.getShape().get(i)) ? shape.get(i) : Long.valueOf(-1));
      }
      shape = common;
    }
    types.put(tensor, new TensorSignature(tensor, signature.getDatatype(), List.copyOf(shape)));
  }

  private TensorSignature require(String step, String tensor) throws EnsembleInvalid {
    TensorSignature type = types.get(tensor);
    if (type == null) {
      throw EnsembleInvalid.of(
          step, "takes the tensor '%s', which nothing makes".formatted(tensor));
    }
    return type;
  }

  private static @Nullable String problem(TensorSignature given, TensorSignature expected) {
    if (given.getDatatype() != expected.getDatatype()) {
      return "has datatype %s; expected %s".formatted(given.getDatatype(), expected.getDatatype());
    }
    boolean fits = given.getShape().size() == expected.getShape().size();
    for (int i = 0; fits && i < given.getShape().size(); i++) {
      long one = given.getShape().get(i);
      long other = expected.getShape().get(i);
      fits = one == other || one == -1 || other == -1;
    }
    return fits
        ? null
        : "has shape %s; expected %s, where -1 is any"
            .formatted(given.getShape(), expected.getShape());
  }

  private static List<Long> narrowed(TensorSignature one, TensorSignature other) {
    List<Long> shape = new ArrayList<>();
    for (int i = 0; i < one.getShape().size(); i++) {
      shape.add(Math.max(one.getShape().get(i), other.getShape().get(i)));
    }
    return shape;
  }

  private static @Nullable TensorSignature named(List<TensorSignature> all, String name) {
    return all.stream().filter(one -> one.getName().equals(name)).findFirst().orElse(null);
  }

  private static List<String> names(List<TensorSignature> all) {
    return all.stream().map(TensorSignature::getName).toList();
  }
}
