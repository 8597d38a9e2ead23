package io.millrace.topologies.ensemble.logic;

import io.millrace.events.EnsembleCandidate;
import io.millrace.events.EnsembleOperation;
import io.millrace.events.EnsemblePolicy;
import io.millrace.events.EnsembleStep;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;

/** Says whether a step of an ensemble has what its operation and its policy need. */
final class StepRules {
  private static final Pattern NAME = Pattern.compile("[A-Za-z0-9_.-]{1,64}");
  private static final int TENSOR_LENGTH_MAX = 256;
  private static final int CANDIDATES_MAX = 8;
  private static final int NUMBERS_MAX = 65_536;

  private StepRules() {}

  static void check(EnsembleStep step) throws EnsembleInvalid {
    String name = step.getName();
    if (!NAME.matcher(name).matches()) {
      throw new EnsembleInvalid(
          "'%s' is no name for a step; expected 1 to 64 letters, digits, '_', '.' or '-'"
              .formatted(name));
    }
    if (step.getOperation() == EnsembleOperation.MODEL) {
      model(step);
    } else {
      operation(step);
    }
    for (Map.Entry<String, List<Double>> numbers : step.getNumbers().entrySet()) {
      boolean sound =
          numbers.getValue().size() <= NUMBERS_MAX
              && numbers.getValue().stream().allMatch(Double::isFinite);
      expect(sound, name, numbers.getKey(), "finite numbers, at most " + NUMBERS_MAX);
    }
  }

  private static void model(EnsembleStep step) throws EnsembleInvalid {
    String name = step.getName();
    expect(!step.getInputs().isEmpty(), name, "inputs", "at least one input of its model");
    expect(!step.getOutputs().isEmpty(), name, "outputs", "at least one output of its model");
    tensors(name, step.getInputs().values());
    tensors(name, step.getOutputs().values());
    List<EnsembleCandidate> candidates = step.getCandidates();
    switch (step.getPolicy()) {
      case UNKNOWN -> expect(candidates.size() == 1, name, "model", "one model");
      case SHADOW -> {
        expect(candidates.size() == 2, name, "shadow", "a model and its shadow");
        expect(number(step, "fraction", 1) >= 0, name, "fraction", "0 to 1");
        expect(number(step, "fraction", 1) <= 1, name, "fraction", "0 to 1");
      }
      case SELECT -> {
        several(candidates, name);
        within(step, "quality", 0.5, 0.9999);
        within(step, "objective_ms", 1, Integer.MAX_VALUE);
        within(step, "sample", 0, 1);
        within(step, "reference", 0, candidates.size() - 1.0);
      }
      case SPLIT, FALLBACK -> several(candidates, name);
    }
    expect(
        candidates.stream().map(EnsembleCandidate::getTarget).distinct().count()
            == candidates.size(),
        name,
        "models",
        "each once");
    double weights = 0;
    for (EnsembleCandidate candidate : candidates) {
      expect(
          candidate.getWeight() >= 0 && Double.isFinite(candidate.getWeight()),
          name,
          "weight",
          "a number from 0");
      weights += candidate.getWeight();
    }
    if (step.getPolicy() == EnsemblePolicy.SPLIT) {
      expect(weights > 0, name, "weight", "at least one above 0");
      expect(
          number(step, "canary", 0) == 0 || candidates.size() == 2,
          name,
          "canary",
          "the stable model and its canary");
    }
  }

  private static void several(List<EnsembleCandidate> candidates, String name)
      throws EnsembleInvalid {
    expect(
        candidates.size() >= 2 && candidates.size() <= CANDIDATES_MAX,
        name,
        "models",
        "2 to %d models".formatted(CANDIDATES_MAX));
  }

  private static void within(EnsembleStep step, String number, double least, double most)
      throws EnsembleInvalid {
    double given = number(step, number, least);
    expect(
        given >= least && given <= most,
        step.getName(),
        number,
        "a number from %s to %s".formatted(least, most));
  }

  private static void operation(EnsembleStep step) throws EnsembleInvalid {
    String name = step.getName();
    int operands = step.getOperands().size();
    expect(step.getCandidates().isEmpty(), name, "model", "none for this operation");
    expect(!step.getResult().isEmpty(), name, "output", "the name of a tensor");
    tensors(name, List.of(step.getResult()));
    tensors(name, step.getOperands());
    switch (step.getOperation()) {
      case CONDITION ->
          expect(!step.getExpression().isBlank(), name, "when", "an expression in CEL");
      case FIRST, MEAN, VOTE -> expect(operands > 0, name, "of", "at least one tensor");
      case WEIGHTED -> {
        expect(operands > 0, name, "of", "at least one tensor");
        expect(
            step.getNumbers().getOrDefault("weights", List.of()).size() == operands,
            name,
            "weights",
            "one for each tensor");
      }
      case SIGMOID, SOFTMAX -> expect(operands == 1, name, "of", "one tensor");
      case AFFINE -> {
        expect(operands == 1, name, "of", "one tensor");
        expect(present(step, "scale") || present(step, "offset"), name, "scale", "numbers");
      }
      case POLYNOMIAL -> {
        expect(operands == 1, name, "of", "one tensor");
        expect(present(step, "coefficients"), name, "coefficients", "numbers, the constant first");
      }
      case MODEL, UNKNOWN ->
          throw EnsembleInvalid.of(name, "its operation is not known to this version");
    }
  }

  private static boolean present(EnsembleStep step, String numbers) {
    return !step.getNumbers().getOrDefault(numbers, List.of()).isEmpty();
  }

  /** A number of a step that has one of that name at most. */
  static double number(EnsembleStep step, String name, double otherwise) {
    List<Double> numbers = step.getNumbers().getOrDefault(name, List.of());
    return numbers.isEmpty() ? otherwise : numbers.get(0);
  }

  private static void tensors(String step, Iterable<String> names) throws EnsembleInvalid {
    for (String name : names) {
      expect(
          !name.isBlank() && name.length() <= TENSOR_LENGTH_MAX,
          step,
          "inputs and outputs",
          "names of tensors, 1 to %d characters".formatted(TENSOR_LENGTH_MAX));
    }
  }

  private static void expect(boolean sound, String step, String field, String expected)
      throws EnsembleInvalid {
    if (!sound) {
      throw EnsembleInvalid.of(step, "%s: expected %s".formatted(field, expected));
    }
  }
}
