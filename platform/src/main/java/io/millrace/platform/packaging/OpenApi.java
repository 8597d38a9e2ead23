package io.millrace.platform.packaging;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.millrace.events.TensorDatatype;
import io.millrace.events.TensorSignature;
import java.math.BigInteger;
import java.util.List;
import java.util.Map;

/**
 * Describes the Open Inference Protocol of one model as OpenAPI 3.1: its paths, and schemas by
 * which a request can be checked before it is sent.
 *
 * <p>Source: Open Inference Protocol v2 (REST), OpenAPI 3.1.1, JSON Schema 2020-12.
 */
final class OpenApi {
  private static final JsonNodeFactory NODES = JsonNodeFactory.instance;
  private static final String JSON = "application/json";
  private static final String SCHEMAS = "#/components/schemas/";

  private static final Map<String, String> ERRORS =
      Map.of(
          "400", "The request is wrong; the message names the field.",
          "404", "There is no such model or version.",
          "413", "The request is larger than is taken.",
          "502", "The model failed.",
          "503", "Too much is asked, or the model is not ready; ask again later.",
          "504", "The deadline passed.");

  private final String model;
  private final List<String> versions;
  private final List<TensorSignature> inputs;
  private final List<TensorSignature> outputs;
  private final int exampleElementsMax;

  /**
   * @param versions that are served, at least one
   * @param exampleElementsMax largest input of which an example is given
   */
  OpenApi(
      String model,
      List<String> versions,
      List<TensorSignature> inputs,
      List<TensorSignature> outputs,
      int exampleElementsMax) {
    this.model = model;
    this.versions = versions;
    this.inputs = inputs;
    this.outputs = outputs;
    this.exampleElementsMax = exampleElementsMax;
  }

  /** The document. */
  ObjectNode document() {
    ObjectNode document = NODES.objectNode().put("openapi", "3.1.1");
    document
        .putObject("info")
        .put("title", "Model " + model)
        .put("description", "The Open Inference Protocol v2 of the model " + model + ".")
        .put("version", versions.get(versions.size() - 1));
    document
        .putArray("servers")
        .addObject()
        .put("url", "http://127.0.0.1:8000")
        .put("description", "The gateway, forwarded to this machine.");
    document.putArray("tags").addObject().put("name", model);
    ObjectNode paths = document.putObject("paths");
    paths.set("/v2/health/live", get("live", "Whether the gateway answers.", flag("live")));
    paths.set(
        "/v2/health/ready",
        get("ready", "Whether the gateway and its models are ready.", flag("ready")));
    String base = "/v2/models/" + model;
    model(paths, base, "");
    for (String version : versions) {
      model(paths, base + "/versions/" + version, "Version" + version);
    }
    components(document.putObject("components").putObject("schemas"));
    return document;
  }

  private void model(ObjectNode paths, String base, String suffix) {
    paths.set(base, get("metadata" + suffix, "Its inputs and outputs.", reference("Metadata")));
    paths.set(
        base + "/ready",
        get("modelReady" + suffix, "Whether a worker has it ready.", reference("Ready")));
    paths.set(
        base + "/config",
        get("config" + suffix, "Its configuration.", NODES.objectNode().put("type", "object")));
    paths.set(
        base + "/stats",
        get("stats" + suffix, "What was asked of it.", NODES.objectNode().put("type", "object")));
    ObjectNode post = operation("infer" + suffix, "Runs the model.", reference("InferResponse"));
    ObjectNode body = post.putObject("requestBody").put("required", true);
    ObjectNode content = body.putObject("content").putObject(JSON);
    content.set("schema", reference("InferRequest"));
    if (SampleTensors.fit(inputs, exampleElementsMax)) {
      content.set("example", SampleTensors.request(inputs));
    }
    paths.putObject(base + "/infer").set("post", post);
  }

  private ObjectNode get(String id, String summary, ObjectNode schema) {
    ObjectNode path = NODES.objectNode();
    path.set("get", operation(id, summary, schema));
    return path;
  }

  private ObjectNode operation(String id, String summary, ObjectNode schema) {
    ObjectNode operation = NODES.objectNode().put("operationId", id).put("summary", summary);
    operation.putArray("tags").add(model);
    ObjectNode responses = operation.putObject("responses");
    response(responses, "200", "It is answered.", schema);
    ERRORS.keySet().stream()
        .sorted()
        .forEach(
            status ->
                response(responses, status, ERRORS.getOrDefault(status, ""), reference("Error")));
    return operation;
  }

  private static void response(
      ObjectNode responses, String status, String description, ObjectNode schema) {
    ObjectNode response = responses.putObject(status).put("description", description);
    response.putObject("content").putObject(JSON).set("schema", schema);
  }

  private static ObjectNode reference(String schema) {
    return NODES.objectNode().put("$ref", SCHEMAS + schema);
  }

  private static ObjectNode flag(String name) {
    ObjectNode schema = object(name);
    schema.putObject("properties").putObject(name).put("type", "boolean");
    return schema;
  }

  private static ObjectNode object(String... required) {
    ObjectNode schema = NODES.objectNode().put("type", "object");
    ArrayNode names = schema.putArray("required");
    List.of(required).forEach(names::add);
    return schema;
  }

  private void components(ObjectNode schemas) {
    ObjectNode error = object("error");
    error.putObject("properties").set("error", text("What is wrong, and what to do."));
    ((ObjectNode) error.get("properties")).set("code", text("A stable name of it."));
    schemas.set("Error", error);
    ObjectNode ready = object("name", "ready");
    ObjectNode state = ready.putObject("properties");
    state.putObject("name").put("const", model);
    state.putObject("ready").put("type", "boolean");
    schemas.set("Ready", ready);
    schemas.set("Metadata", metadata());
    schemas.set("InferRequest", request());
    schemas.set("InferResponse", answer());
  }

  private static ObjectNode text(String description) {
    return NODES.objectNode().put("type", "string").put("description", description);
  }

  private ObjectNode metadata() {
    ObjectNode metadata = object("name", "versions", "platform", "inputs", "outputs");
    ObjectNode properties = metadata.putObject("properties");
    properties.putObject("name").put("const", model);
    properties.putObject("versions").put("type", "array").putObject("items").put("type", "string");
    properties.putObject("platform").put("type", "string");
    for (String ends : List.of("inputs", "outputs")) {
      ObjectNode end = object("name", "datatype", "shape");
      ObjectNode fields = end.putObject("properties");
      fields.putObject("name").put("type", "string");
      fields.putObject("datatype").put("type", "string");
      fields.putObject("shape").put("type", "array").putObject("items").put("type", "integer");
      properties.putObject(ends).put("type", "array").set("items", end);
    }
    return metadata;
  }

  private ObjectNode request() {
    ObjectNode request = object("inputs");
    ObjectNode properties = request.putObject("properties");
    properties.set("id", text("The client's own name for the request; comes back."));
    properties
        .putObject("parameters")
        .put("type", "object")
        .put("description", "priority (1 is the most urgent), timeout (microseconds).");
    ObjectNode tensors =
        properties
            .putObject("inputs")
            .put("type", "array")
            .put("description", "Each input once, in any order.")
            .put("minItems", inputs.size())
            .put("maxItems", inputs.size());
    tensors.set("items", anyOf(inputs));
    each(tensors, inputs);
    ObjectNode wanted = object("name");
    ArrayNode names = wanted.putObject("properties").putObject("name").putArray("enum");
    outputs.forEach(output -> names.add(output.getName()));
    properties
        .putObject("outputs")
        .put("type", "array")
        .put("description", "Outputs that are wanted; left out: all.")
        .set("items", wanted);
    return request;
  }

  private ObjectNode answer() {
    ObjectNode answer = object("model_name", "model_version", "outputs");
    ObjectNode properties = answer.putObject("properties");
    properties.putObject("model_name").put("const", model);
    properties.putObject("model_version").put("type", "string");
    properties.set("id", text("That of the request."));
    properties.putObject("outputs").put("type", "array").set("items", anyOf(outputs));
    return answer;
  }

  /** Each of them is there. */
  private static void each(ObjectNode array, List<TensorSignature> signatures) {
    ArrayNode all = array.putArray("allOf");
    for (TensorSignature signature : signatures) {
      ObjectNode named = object("name");
      named.putObject("properties").putObject("name").put("const", signature.getName());
      all.addObject().set("contains", named);
    }
  }

  private static ObjectNode anyOf(List<TensorSignature> signatures) {
    ObjectNode any = NODES.objectNode();
    ArrayNode schemas = any.putArray("oneOf");
    signatures.forEach(signature -> schemas.add(tensor(signature)));
    return any;
  }

  private static ObjectNode tensor(TensorSignature signature) {
    ObjectNode tensor = object("name", "shape", "datatype", "data");
    tensor.put("title", signature.getName());
    ObjectNode properties = tensor.putObject("properties");
    properties.putObject("name").put("const", signature.getName());
    properties.putObject("datatype").put("const", signature.getDatatype().name());
    List<Long> dimensions = signature.getShape();
    ObjectNode shape =
        properties
            .putObject("shape")
            .put("type", "array")
            .put("minItems", dimensions.size())
            .put("maxItems", dimensions.size());
    if (!dimensions.isEmpty()) {
      ArrayNode items = shape.putArray("prefixItems");
      for (long dimension : dimensions) {
        ObjectNode length = items.addObject().put("type", "integer");
        if (dimension < 0) {
          length.put("minimum", 0);
        } else {
          length.put("const", dimension);
        }
      }
    }
    ObjectNode data =
        properties
            .putObject("data")
            .put("type", "array")
            .put("description", "Row-major: flat, or nested as the shape says.");
    ArrayNode items = data.putObject("items").putArray("anyOf");
    items.add(element(signature.getDatatype()));
    items.addObject().put("type", "array");
    return tensor;
  }

  private static ObjectNode element(TensorDatatype type) {
    ObjectNode element = NODES.objectNode();
    return switch (type) {
      case BOOL -> element.put("type", "boolean");
      case BYTES -> element.put("type", "string");
      case FP16, BF16, FP32, FP64 -> element.put("type", "number");
      case UINT8 -> unsigned(element, 8);
      case UINT16 -> unsigned(element, 16);
      case UINT32 -> unsigned(element, 32);
      case UINT64 -> unsigned(element, 64);
      case INT8 -> signed(element, 8);
      case INT16 -> signed(element, 16);
      case INT32 -> signed(element, 32);
      case INT64 -> signed(element, 64);
      case UNKNOWN -> element;
    };
  }

  private static ObjectNode unsigned(ObjectNode element, int bits) {
    return element
        .put("type", "integer")
        .put("minimum", 0)
        .put("maximum", BigInteger.TWO.pow(bits).subtract(BigInteger.ONE));
  }

  private static ObjectNode signed(ObjectNode element, int bits) {
    BigInteger half = BigInteger.TWO.pow(bits - 1);
    return element
        .put("type", "integer")
        .put("minimum", half.negate())
        .put("maximum", half.subtract(BigInteger.ONE));
  }
}
