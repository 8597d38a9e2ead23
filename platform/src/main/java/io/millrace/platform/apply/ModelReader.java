package io.millrace.platform.apply;

import io.millrace.events.ModelSpec;
import io.millrace.events.TargetSpec;
import io.millrace.events.TensorDatatype;
import io.millrace.events.TensorSignature;
import io.millrace.inference.ModelException;
import io.millrace.inference.onnx.OnnxFile;
import io.millrace.inference.repository.Contract;
import io.millrace.inference.repository.ModelConfig;
import io.millrace.inference.repository.SequencePlan;
import io.millrace.inference.repository.Signature;
import io.millrace.inference.runtime.Execution;
import io.millrace.inference.runtime.ModelFile;
import io.millrace.platform.models.ModelTargets;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Reads what a target says of its model: where the file is, and how it is called. What can be read
 * of the file itself need not be said, and what is said must agree with it.
 */
final class ModelReader {
  private static final Pattern SHA256 = Pattern.compile("[0-9a-fA-F]{64}");
  private static final Map<String, Objective> OBJECTIVES =
      List.of(Objective.values()).stream()
          .collect(
              Collectors.toMap(
                  o -> o.name().toLowerCase(Locale.ROOT), o -> o, (a, b) -> a, LinkedHashMap::new));
  private static final Map<String, TensorDatatype> DATATYPES =
      List.of(TensorDatatype.values()).stream()
          .filter(type -> type != TensorDatatype.UNKNOWN)
          .collect(Collectors.toMap(Enum::name, t -> t, (a, b) -> a, LinkedHashMap::new));
  private static final int RANK_MAX = 64;
  private static final int BATCH_MAX = 1 << 20;

  private final Problems problems;
  private final Path base;

  private enum Objective {
    LATENCY,
    COST,
    THROUGHPUT,
    BALANCED
  }

  /**
   * @param base directory from which relative paths go
   */
  ModelReader(Problems problems, Path base) {
    this.problems = problems;
    this.base = base;
  }

  /** Reads the field {@code model} of a target; what is not said elsewhere follows from it. */
  void read(Fields target, TargetSpec spec) {
    if (!target.has("model")) {
      target.wrong("name", "a model needs model: {uri: FILE}, which says where its file is");
      return;
    }
    target.fields("model").ifPresent(fields -> model(fields, target, spec));
  }

  private void model(Fields fields, Fields target, TargetSpec spec) {
    ModelSpec model = ModelSpec.newBuilder().build();
    Optional<Path> file = uri(fields, model);
    fields
        .matching("sha256", SHA256, "64 hexadecimal digits")
        .ifPresent(hash -> model.setSha256(hash.toLowerCase(Locale.ROOT)));
    fields
        .choice("objective", OBJECTIVES)
        .ifPresent(objective -> model.setObjective(objective.name().toLowerCase(Locale.ROOT)));
    Optional<ModelConfig> config = config(fields);
    fields.integer("batch_max", 0, BATCH_MAX).ifPresent(max -> model.setBatchMax(max.intValue()));
    List<TensorSignature> inputs = ends(fields, "inputs");
    List<TensorSignature> outputs = ends(fields, "outputs");
    fields.refuseOthers();
    model.setInputs(inputs);
    model.setOutputs(outputs);
    config.ifPresent(
        c -> {
          SequencePlan sequence = c.sequence();
          model.setConfig(c.jsonText());
          model.setStreamed(c.streamed());
          model.setSequenced(sequence != null);
          model.setSequenceIdleMs(sequence == null ? 0 : sequence.idleMillis());
        });
    spec.setModel(model);
    config.ifPresent(c -> policies(c, target, spec));
    if (file.isPresent() && config.isPresent()) {
      compare(fields, file.get(), config.get(), model);
    }
  }

  /** A model's runs have no effect and may be repeated, unless it keeps state between them. */
  private static void policies(ModelConfig config, Fields target, TargetSpec spec) {
    boolean pure = config.sequence() == null;
    if (!target.has("idempotent")) {
      spec.setIdempotent(pure);
    }
    if (!target.has("read_only")) {
      spec.setReadOnly(spec.getIdempotent());
    }
    if (pure && !config.streamed() && config.cached() && !target.has("cacheable")) {
      spec.setCacheTtlMs(ModelTargets.CACHE_TTL_MS);
    }
  }

  private Optional<Path> uri(Fields fields, ModelSpec model) {
    Optional<String> given = fields.text("uri");
    if (given.isEmpty()) {
      if (!fields.has("uri")) {
        fields.wrong("uri", "is missing; expected the model's file, such as models/sum.onnx");
      }
      return Optional.empty();
    }
    try {
      URI uri = URI.create(given.get().replace(" ", "%20"));
      String scheme = uri.getScheme();
      if (scheme != null && !scheme.equals("file")) {
        fields.wrong(
            "uri",
            "is of '" + scheme + "'; expected a file: a path, or file:///DIRECTORY/NAME.onnx");
        return Optional.empty();
      }
      Path file = (scheme == null ? base.resolve(given.get()) : Path.of(uri)).normalize();
      model.setUri(file.toUri().toString());
      return Optional.of(file);
    } catch (IllegalArgumentException e) {
      fields.wrong("uri", "is none: " + e.getMessage());
      return Optional.empty();
    }
  }

  /** Triton's configuration: within the file, or the name of a {@code config.pbtxt}. */
  private Optional<ModelConfig> config(Fields fields) {
    Element element = fields.element("config").orElse(null);
    try {
      if (element == null) {
        return Optional.of(ModelConfig.none());
      }
      if (!(element instanceof Element.Scalar scalar)) {
        return Optional.of(ModelConfig.json(element.toJson().toString()));
      }
      Path file = base.resolve(scalar.text());
      return Optional.of(ModelConfig.text(Files.readString(file), file.toString()));
    } catch (IOException e) {
      fields.wrong("config", "cannot be read: " + e.getMessage());
    } catch (ModelException e) {
      fields.wrong("config", String.valueOf(e.getMessage()));
    }
    return Optional.empty();
  }

  private List<TensorSignature> ends(Fields fields, String key) {
    List<Element> items = fields.items(key).orElse(List.of());
    List<TensorSignature> ends = new ArrayList<>();
    for (int i = 0; i < items.size(); i++) {
      Fields.of(items.get(i), fields.path(key) + "[" + i + "]", problems)
          .ifPresent(end -> ends.add(end(end)));
    }
    return ends;
  }

  private static TensorSignature end(Fields fields) {
    TensorSignature end = TensorSignature.newBuilder().build();
    for (String key : List.of("name", "datatype", "shape")) {
      if (!fields.has(key)) {
        fields.wrong(key, "is missing; expected such as {name: x, datatype: FP32, shape: [-1, 3]}");
      }
    }
    fields.text("name").ifPresent(end::setName);
    fields.choice("datatype", DATATYPES).ifPresent(end::setDatatype);
    fields.texts("shape").ifPresent(shape -> end.setShape(shape(fields, shape)));
    fields.refuseOthers();
    return end;
  }

  private static List<Long> shape(Fields fields, List<String> texts) {
    List<Long> shape = new ArrayList<>();
    for (String text : texts) {
      if (!text.matches("-1|[0-9]{1,10}") || shape.size() == RANK_MAX) {
        fields.wrong(
            "shape",
            "expected at most %d lengths, -1 where any will do, but '%s' is given"
                .formatted(RANK_MAX, text));
        return List.of();
      }
      shape.add(Long.valueOf(text));
    }
    return shape;
  }

  /** Takes from the file what was not said, and notes what was said otherwise. */
  private static void compare(Fields fields, Path file, ModelConfig config, ModelSpec model) {
    if (!Files.isReadable(file) || Files.isDirectory(file)) {
      if (model.getSha256().isEmpty() || model.getInputs().isEmpty()) {
        fields.wrong(
            "uri",
            "there is no file to read at "
                + file
                + "; where only the workers have it, sha256, inputs and outputs must be said");
      }
      return;
    }
    try {
      Contract contract = Contract.of(OnnxFile.read(file), config);
      Signature signature = contract.asked();
      Execution.batching(config, contract.model(), model.getObjective());
      String hash = ModelFile.sha256(file);
      if (!model.getSha256().isEmpty() && !model.getSha256().equals(hash)) {
        fields.wrong("sha256", file + " hashes to " + hash + "; expected what is given");
      }
      model.setSha256(hash);
      differing("input", model.getInputs(), signature.inputs())
          .ifPresent(problem -> fields.wrong("inputs", problem));
      differing("output", model.getOutputs(), signature.outputs())
          .ifPresent(problem -> fields.wrong("outputs", problem));
      batch(fields, signature, model);
      model.setInputs(signature.inputs());
      model.setOutputs(signature.outputs());
    } catch (ModelException e) {
      boolean ofConfig = e.code().equals("MODEL_CONFIG_INVALID") && fields.has("config");
      fields.wrong(ofConfig ? "config" : "uri", String.valueOf(e.getMessage()));
    }
  }

  private static void batch(Fields fields, Signature signature, ModelSpec model) {
    if (!fields.has("batch_max")) {
      model.setBatchMax(signature.batchMax());
    } else if (model.getBatchMax() > 0 && signature.batchMax() == 0) {
      fields.wrong("batch_max", "is given, but the model has no batch dimension; leave it out");
    }
  }

  private static Optional<String> differing(
      String what, List<TensorSignature> said, List<TensorSignature> found) {
    if (said.isEmpty()) {
      return Optional.empty();
    }
    for (TensorSignature end : said) {
      @Nullable TensorSignature same =
          found.stream().filter(f -> f.getName().equals(end.getName())).findFirst().orElse(null);
      if (same == null) {
        return Optional.of(
            "the model has no %s '%s'; it has %s".formatted(what, end.getName(), text(found)));
      }
      if (!same.equals(end)) {
        return Optional.of(
            "%s is given, but %s '%s' of the model is %s"
                .formatted(
                    text(List.of(end)),
                    what,
                    end.getName(),
                    same.getDatatype() + " " + same.getShape()));
      }
    }
    return said.size() == found.size()
        ? Optional.empty()
        : Optional.of("the model has %s; give all of them, or none".formatted(text(found)));
  }

  private static String text(List<TensorSignature> ends) {
    return ends.stream()
        .map(end -> end.getName() + " " + end.getDatatype() + " " + end.getShape())
        .collect(Collectors.joining(", "));
  }
}
