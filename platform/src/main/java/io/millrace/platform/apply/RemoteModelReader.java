package io.millrace.platform.apply;

import io.millrace.events.ModelSpec;
import io.millrace.events.TensorDatatype;
import io.millrace.events.TensorSignature;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * Reads {@code oip}, a model that a remote server runs: {@code {url, model, version, inputs,
 * outputs, batch_max}}.
 *
 * <p>Inputs and outputs may be left out: then they are empty, and whoever applies the file asks the
 * server for them.
 */
final class RemoteModelReader {
  private static final Pattern URL = Pattern.compile("https?://[^/?#\\s{}]+(/[^?#\\s{}]*)?");
  private static final Pattern DIMENSION = Pattern.compile("-1|\\d{1,18}");
  private static final int BATCH_MAX = 1_000_000;
  private static final Map<String, TensorDatatype> DATATYPES = datatypes();

  private final Problems problems;

  RemoteModelReader(Problems problems) {
    this.problems = problems;
  }

  /**
   * The model.
   *
   * @param name of the target, which the server's model has too if {@code model} says no other
   */
  ModelSpec read(Fields fields, String name) {
    Optional<String> url =
        fields.required("url", URL, "the URL of a server, such as http://127.0.0.1:8000");
    String model =
        fields.matching("model", TargetReader.NAME, TargetReader.NAME_EXPECTED).orElse(name);
    Optional<String> version =
        fields.matching("version", TargetReader.NAME, TargetReader.NAME_EXPECTED);
    ModelSpec spec =
        ModelSpec.newBuilder()
            .setUri(url.map(base -> uri(base, model, version)).orElse(""))
            .setInputs(tensors(fields, "inputs"))
            .setOutputs(tensors(fields, "outputs"))
            .build();
    fields
        .integer("batch_max", 0, BATCH_MAX)
        .ifPresent(batch -> spec.setBatchMax(batch.intValue()));
    if (spec.getInputs().isEmpty() != spec.getOutputs().isEmpty()) {
      fields.wrong(
          spec.getInputs().isEmpty() ? "inputs" : "outputs",
          "are missing; give both, or neither, so that the server is asked for them");
    }
    fields.refuseOthers();
    return spec;
  }

  private static String uri(String base, String model, Optional<String> version) {
    return base.replaceAll("/+$", "")
        + "/v2/models/"
        + URLEncoder.encode(model, StandardCharsets.UTF_8)
        + version.map(number -> "/versions/" + number).orElse("");
  }

  private List<TensorSignature> tensors(Fields fields, String key) {
    List<TensorSignature> tensors = new ArrayList<>();
    List<Element> items = fields.items(key).orElse(List.of());
    for (int i = 0; i < items.size(); i++) {
      Fields.of(items.get(i), fields.path(key) + "[" + i + "]", problems)
          .flatMap(RemoteModelReader::tensor)
          .ifPresent(tensors::add);
    }
    return tensors;
  }

  private static Optional<TensorSignature> tensor(Fields fields) {
    Optional<String> name =
        fields.required("name", Pattern.compile(".{1,1000}"), "the name of a tensor");
    Optional<TensorDatatype> datatype =
        fields
            .required(
                "datatype",
                Pattern.compile(String.join("|", DATATYPES.keySet())),
                "FP32, INT64, BYTES or another datatype of the protocol")
            .map(DATATYPES::get);
    Optional<List<String>> shape = fields.texts("shape");
    if (!fields.has("shape")) {
      fields.wrong("shape", "is missing; expected a list such as [-1, 16]");
    }
    List<Long> dimensions = new ArrayList<>();
    for (String dimension : shape.orElse(List.of())) {
      if (DIMENSION.matcher(dimension).matches()) {
        dimensions.add(Long.valueOf(dimension));
      } else {
        fields.wrong("shape", "has '" + dimension + "'; expected whole numbers, -1 for any length");
      }
    }
    fields.refuseOthers();
    return name.isEmpty() || datatype.isEmpty()
        ? Optional.empty()
        : Optional.of(new TensorSignature(name.get(), datatype.get(), dimensions));
  }

  private static Map<String, TensorDatatype> datatypes() {
    Map<String, TensorDatatype> datatypes = new LinkedHashMap<>();
    for (TensorDatatype type : TensorDatatype.values()) {
      if (type != TensorDatatype.UNKNOWN) {
        datatypes.put(type.name(), type);
      }
    }
    return datatypes;
  }
}
