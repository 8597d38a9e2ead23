package io.millrace.platform.apply;

import io.millrace.events.EnsembleCandidate;
import io.millrace.events.EnsembleOperation;
import io.millrace.events.EnsemblePolicy;
import io.millrace.events.EnsembleStep;
import io.millrace.inference.compose.Condition;
import io.millrace.schemas.serde.AvroSafety;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * The steps that a {@code millrace.yaml} adds to those of an ensemble's {@code config.pbtxt}.
 *
 * <p>What a step does is the one key of {@value #KINDS} that it has. Whether the steps fit each
 * other and their models is checked where the ensemble is declared.
 *
 * @param steps in the file's order; models are named as the file does, with a version or without
 */
public record EnsembleFile(List<EnsembleStep> steps) {
  private static final String KINDS =
      "model, split, canary, fallback, shadow, select, first, mean, weighted, vote, affine, sigmoid,"
          + " softmax, polynomial";
  private static final Map<String, EnsemblePolicy> POLICIES =
      Map.of(
          "split", EnsemblePolicy.SPLIT,
          "canary", EnsemblePolicy.SPLIT,
          "fallback", EnsemblePolicy.FALLBACK,
          "shadow", EnsemblePolicy.SHADOW,
          "select", EnsemblePolicy.SELECT);
  private static final List<EnsembleOperation> MANY =
      List.of(
          EnsembleOperation.FIRST,
          EnsembleOperation.MEAN,
          EnsembleOperation.WEIGHTED,
          EnsembleOperation.VOTE);
  private static final List<EnsembleOperation> ONE =
      List.of(
          EnsembleOperation.AFFINE,
          EnsembleOperation.SIGMOID,
          EnsembleOperation.SOFTMAX,
          EnsembleOperation.POLYNOMIAL);
  private static final Pattern MODEL = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._-]{0,99}(@[0-9]+)?");
  private static final String MODEL_EXPECTED =
      "the name of a model, with @ and a version or without, such as sentiment@3";
  private static final int MAPPED_MAX = 100;
  private static final Duration MS = Duration.ofMillis(1);
  private static final Duration HOUR = Duration.ofHours(1);

  static {
    AvroSafety.establish();
  }

  /** Copies the steps. */
  public EnsembleFile {
    steps = List.copyOf(steps);
  }

  /**
   * Reads a file of at most 1 MiB.
   *
   * @throws InvalidDocumentException with everything that is wrong with it
   */
  public static EnsembleFile read(Path file) throws InvalidDocumentException {
    return parse(file.toString(), Documents.read(file));
  }

  /**
   * Reads the text of a file.
   *
   * @param file its name, for error messages
   * @throws InvalidDocumentException with everything that is wrong with it
   */
  public static EnsembleFile parse(String file, String text) throws InvalidDocumentException {
    Problems problems = new Problems(file);
    List<Element> documents = Documents.parse(file, text, problems);
    if (documents.size() != 1) {
      throw problems.fatal(
          0, "", "expected one document with the key steps, but there are " + documents.size());
    }
    List<EnsembleStep> steps = new ArrayList<>();
    Optional<Fields> root = Fields.of(documents.get(0), "", problems);
    if (root.isPresent()) {
      List<Element> items = root.get().someItems("steps", "a list of steps").orElse(List.of());
      root.get().refuseOthers();
      for (int i = 0; i < items.size(); i++) {
        int number = i;
        Fields.of(items.get(i), "steps[" + i + "]", problems)
            .ifPresent(fields -> step(fields, number, steps));
      }
    }
    problems.throwIfAny();
    return new EnsembleFile(steps);
  }

  private static void step(Fields fields, int number, List<EnsembleStep> steps) {
    EnsembleStep step = EnsembleStep.newBuilder().build();
    Map<String, List<Double>> numbers = new LinkedHashMap<>();
    String kind = kind(fields, step, numbers);
    step.setName(fields.text("name").orElse(kind + "-" + number));
    step.setNumbers(numbers);
    fields
        .text("when")
        .ifPresent(
            expression -> {
              EnsembleStep condition = condition(step.getName(), expression);
              step.setGuard(condition.getResult());
              steps.add(condition);
            });
    fields.refuseOthers();
    steps.add(step);
  }

  private static EnsembleStep condition(String step, String expression) {
    return EnsembleStep.newBuilder()
        .setName(step + ".when")
        .setOperation(EnsembleOperation.CONDITION)
        .setExpression(expression)
        .setOperands(List.copyOf(Condition.mentioned(expression)))
        .setResult(step + ".when")
        .build();
  }

  /** Reads what the step does; what it is called. */
  private static String kind(Fields fields, EnsembleStep step, Map<String, List<Double>> numbers) {
    String found = "";
    List<String> kinds = new ArrayList<>();
    for (String kind : KINDS.split(", *")) {
      if (fields.has(kind)) {
        kinds.add(kind);
        found = kind;
      }
    }
    if (kinds.size() != 1) {
      fields.wrong("name", "expected one of %s, but there are %s".formatted(KINDS, kinds));
      return "step";
    }
    EnsemblePolicy policy = POLICIES.get(found);
    if (found.equals("model") || policy != null) {
      step.setOperation(EnsembleOperation.MODEL);
      step.setPolicy(policy == null ? EnsemblePolicy.UNKNOWN : policy);
      step.setCandidates(candidates(fields, found));
      step.setInputs(mapped(fields, "inputs", "input of the model"));
      step.setOutputs(mapped(fields, "outputs", "output of the model"));
      if (found.equals("canary")) {
        numbers.put("canary", List.of(1.0));
      }
      policyNumbers(fields, step.getPolicy(), numbers);
      return found;
    }
    for (EnsembleOperation operation : MANY) {
      if (operation.name().equalsIgnoreCase(found)) {
        step.setOperation(operation);
        step.setOperands(fields.texts(found).orElse(List.of()));
      }
    }
    for (EnsembleOperation operation : ONE) {
      if (operation.name().equalsIgnoreCase(found)) {
        step.setOperation(operation);
        step.setOperands(fields.text(found).map(List::of).orElse(List.of()));
      }
    }
    step.setResult(fields.text("output").orElse(""));
    for (String name :
        switch (step.getOperation()) {
          case AFFINE -> List.of("scale", "offset");
          case POLYNOMIAL -> List.of("coefficients");
          case WEIGHTED -> List.of("weights");
          default -> List.<String>of();
        }) {
      numbers(fields, name).ifPresent(given -> numbers.put(name, given));
    }
    return found;
  }

  private static List<EnsembleCandidate> candidates(Fields fields, String kind) {
    List<EnsembleCandidate> candidates = new ArrayList<>();
    if (kind.equals("model")) {
      fields
          .matching(kind, MODEL, MODEL_EXPECTED)
          .ifPresent(model -> candidates.add(new EnsembleCandidate(model, 1.0)));
    } else if (POLICIES.get(kind) == EnsemblePolicy.SPLIT) {
      fields
          .textMap(kind, MAPPED_MAX)
          .ifPresent(
              weights ->
                  weights.forEach(
                      (model, weight) -> candidate(fields, kind, model, weight, candidates)));
    } else {
      for (String model : fields.texts(kind).orElse(List.of())) {
        candidate(fields, kind, model, "1", candidates);
      }
    }
    return candidates;
  }

  private static void candidate(
      Fields fields, String kind, String model, String weight, List<EnsembleCandidate> to) {
    try {
      if (!MODEL.matcher(model).matches()) {
        fields.wrong(kind, "expected %s, but '%s' is given".formatted(MODEL_EXPECTED, model));
      }
      to.add(new EnsembleCandidate(model, Double.parseDouble(weight)));
    } catch (NumberFormatException e) {
      fields.wrong(kind, "the weight of %s is '%s'; expected a number".formatted(model, weight));
    }
  }

  private static void policyNumbers(
      Fields fields, EnsemblePolicy policy, Map<String, List<Double>> numbers) {
    switch (policy) {
      case SPLIT -> {
        fields.number("margin", 0, 1).ifPresent(n -> numbers.put("margin", List.of(n)));
        fields
            .number("confidence", 0, 0.999999)
            .ifPresent(n -> numbers.put("confidence", List.of(n)));
        fields
            .duration("slow", MS, HOUR)
            .ifPresent(n -> numbers.put("slow_ms", List.of((double) n.toMillis())));
      }
      case FALLBACK ->
          fields
              .duration("patience", MS, HOUR)
              .ifPresent(n -> numbers.put("patience_ms", List.of((double) n.toMillis())));
      case SHADOW ->
          fields.number("fraction", 0, 1).ifPresent(n -> numbers.put("fraction", List.of(n)));
      case SELECT -> {
        fields.number("quality", 0.5, 0.9999).ifPresent(n -> numbers.put("quality", List.of(n)));
        fields
            .duration("objective", MS, HOUR)
            .ifPresent(n -> numbers.put("objective_ms", List.of((double) n.toMillis())));
        fields.number("sample", 0, 1).ifPresent(n -> numbers.put("sample", List.of(n)));
        fields.text("reference").ifPresent(n -> numbers.put("reference", reference(fields, n)));
      }
      case UNKNOWN -> {}
    }
  }

  private static List<Double> reference(Fields fields, String model) {
    int number = fields.texts("select").orElse(List.of()).indexOf(model);
    if (number < 0) {
      fields.wrong(
          "reference",
          "expected one of the models of 'select', but '%s' is given".formatted(model));
    }
    return List.of((double) Math.max(0, number));
  }

  private static Map<String, String> mapped(Fields fields, String key, String expected) {
    if (!fields.has(key)) {
      fields.wrong(key, "is missing; expected each %s and its tensor".formatted(expected));
      return Map.of();
    }
    Optional<Map<String, String>> mapped = fields.textMap(key, MAPPED_MAX);
    if (mapped.isPresent() && mapped.get().isEmpty()) {
      fields.wrong(key, "is empty; expected each %s and its tensor".formatted(expected));
    }
    return mapped.orElse(Map.of());
  }

  private static Optional<List<Double>> numbers(Fields fields, String key) {
    return fields
        .items(key)
        .map(
            items -> {
              List<Double> numbers = new ArrayList<>();
              for (Element item : items) {
                if (item instanceof Element.Scalar scalar && scalar.value().isNumber()) {
                  numbers.add(scalar.value().doubleValue());
                } else {
                  fields.wrong(key, "expected numbers, but " + item.describe() + " is given");
                }
              }
              return numbers;
            });
  }
}
