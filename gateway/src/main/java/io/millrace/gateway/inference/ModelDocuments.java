package io.millrace.gateway.inference;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.millrace.events.ModelSpec;
import io.millrace.events.TargetSpec;
import io.millrace.events.TensorSignature;
import io.millrace.schemas.json.RecordJson;
import java.util.List;

/** Describes the server and its models in the protocol's words, for all doors alike. */
final class ModelDocuments {
  private static final JsonNodeFactory NODES = JsonNodeFactory.instance;
  private static final String PLATFORM = "onnxruntime_onnx";
  private static final String ENSEMBLE = "ensemble";

  private static final List<String> EXTENSIONS =
      List.of("binary_tensor_data", "model_configuration", "model_repository", "statistics");

  private ModelDocuments() {}

  /** This server's metadata. */
  static ObjectNode server() {
    ObjectNode json = NODES.objectNode().put("name", "millrace").put("version", Version.OF_THIS);
    ArrayNode extensions = json.putArray("extensions");
    EXTENSIONS.forEach(extensions::add);
    return json;
  }

  /**
   * A model's metadata.
   *
   * @param model the version that is described
   * @param versions all of its versions
   */
  static ObjectNode metadata(TargetSpec model, List<TargetSpec> versions) {
    ObjectNode json = NODES.objectNode().put("name", model.getName());
    ArrayNode names = json.putArray("versions");
    versions.forEach(version -> names.add(version.getVersion()));
    json.put("platform", platform(model));
    ModelSpec spec = model.getModel();
    json.set("inputs", tensors(spec == null ? List.of() : spec.getInputs()));
    json.set("outputs", tensors(spec == null ? List.of() : spec.getOutputs()));
    return json;
  }

  private static String platform(TargetSpec model) {
    ModelSpec spec = model.getModel();
    return spec == null || spec.getSteps().isEmpty() ? PLATFORM : ENSEMBLE;
  }

  private static ArrayNode tensors(List<TensorSignature> signatures) {
    ArrayNode json = NODES.arrayNode();
    for (TensorSignature signature : signatures) {
      ObjectNode tensor =
          json.addObject()
              .put("name", signature.getName())
              .put("datatype", signature.getDatatype().name());
      ArrayNode shape = tensor.putArray("shape");
      signature.getShape().forEach(shape::add);
    }
    return json;
  }

  /** A model's configuration: what was derived, and over it what its own says. */
  static ObjectNode config(TargetSpec model) {
    ObjectNode json =
        NODES.objectNode().put("name", model.getName()).put("platform", platform(model));
    ModelSpec spec = model.getModel();
    if (spec != null) {
      boolean batched = spec.getBatchMax() > 0;
      json.put("max_batch_size", spec.getBatchMax());
      json.set("input", configTensors(spec.getInputs(), batched));
      json.set("output", configTensors(spec.getOutputs(), batched));
      JsonNode own = RecordJson.parsed(spec.getConfig());
      own.properties().forEach(member -> json.set(member.getKey(), member.getValue()));
    }
    return json;
  }

  /** In a configuration the batch dimension goes without saying. */
  private static ArrayNode configTensors(List<TensorSignature> signatures, boolean batched) {
    ArrayNode json = NODES.arrayNode();
    for (TensorSignature signature : signatures) {
      ObjectNode tensor =
          json.addObject()
              .put("name", signature.getName())
              .put("data_type", Datatypes.configName(signature.getDatatype()));
      ArrayNode dims = tensor.putArray("dims");
      List<Long> shape = signature.getShape();
      shape.stream().skip(batched && !shape.isEmpty() ? 1 : 0).forEach(dims::add);
    }
    return json;
  }
}
