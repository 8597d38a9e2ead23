package io.millrace.inference.remote;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.millrace.events.InferenceWork;
import io.millrace.events.Tensor;
import io.millrace.events.TensorDatatype;
import io.millrace.inference.ModelException;
import io.millrace.inference.runtime.Elements;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * Writes infer requests of the Open Inference Protocol and reads their answers, with all tensors as
 * raw bytes behind the JSON (<a href="https://github.com/kserve/open-inference-protocol">binary
 * tensor data extension</a>).
 */
final class OipMessages {
  private static final ObjectMapper JSON = new ObjectMapper();

  private OipMessages() {}

  /**
   * A request.
   *
   * @param json the first part of its body
   * @param tensors the rest, in this order
   */
  record Request(byte[] json, List<ByteBuffer> tensors) {}

  /**
   * A request.
   *
   * @param work outputs, parameters and priority
   * @param inputs the tensors
   */
  static Request request(InferenceWork work, List<Tensor> inputs) {
    ObjectNode json = JSON.createObjectNode();
    ObjectNode parameters = json.putObject("parameters");
    for (Map.Entry<String, String> parameter : work.getParameters().entrySet()) {
      try {
        parameters.set(parameter.getKey(), JSON.readTree(parameter.getValue()));
      } catch (JsonProcessingException e) {
        throw ModelException.input(
            "parameter '%s' is no JSON: %s".formatted(parameter.getKey(), parameter.getValue()));
      }
    }
    if (work.getPriority() > 0) {
      parameters.put("priority", work.getPriority());
    }
    parameters.put("binary_data_output", true);
    ArrayNode list = json.putArray("inputs");
    List<ByteBuffer> tensors = new ArrayList<>();
    for (Tensor input : inputs) {
      ObjectNode one =
          list.addObject().put("name", input.getName()).put("datatype", input.getDatatype().name());
      ArrayNode shape = one.putArray("shape");
      input.getShape().forEach(shape::add);
      one.putObject("parameters").put("binary_data_size", input.getData().remaining());
      tensors.add(input.getData().duplicate());
    }
    if (!work.getOutputs().isEmpty()) {
      ArrayNode outputs = json.putArray("outputs");
      work.getOutputs()
          .forEach(
              name ->
                  outputs
                      .addObject()
                      .put("name", name)
                      .putObject("parameters")
                      .put("binary_data", true));
    }
    return new Request(json.toString().getBytes(StandardCharsets.UTF_8), tensors);
  }

  /**
   * The outputs in an answer.
   *
   * @param jsonLength of its bytes are JSON
   * @throws ModelException REMOTE_ANSWER_INVALID if it is none
   */
  static List<Tensor> outputs(byte[] body, int jsonLength) {
    if (jsonLength < 0 || jsonLength > body.length) {
      throw invalid(
          "%d bytes of JSON are declared, %d bytes came".formatted(jsonLength, body.length));
    }
    JsonNode outputs = read(body, jsonLength).path("outputs");
    if (!outputs.isArray() || outputs.isEmpty()) {
      throw invalid("it has no outputs");
    }
    List<Tensor> tensors = new ArrayList<>();
    int at = jsonLength;
    for (JsonNode output : outputs) {
      String name = output.path("name").asText();
      JsonNode size = output.at("/parameters/binary_data_size");
      if (!size.canConvertToInt() || size.intValue() < 0 || size.intValue() > body.length - at) {
        throw invalid(
            "outputs '%s' declares %s raw bytes, and %d are left"
                .formatted(name, size.isMissingNode() ? "no" : size, body.length - at));
      }
      ByteBuffer data = ByteBuffer.wrap(body, at, size.intValue()).slice();
      at += size.intValue();
      tensors.add(tensor(name, output, data));
    }
    if (at != body.length) {
      throw invalid("%d bytes follow its outputs".formatted(body.length - at));
    }
    return tensors;
  }

  private static Tensor tensor(String name, JsonNode output, ByteBuffer data) {
    TensorDatatype type = datatype(output.path("datatype").asText());
    List<Long> shape = new ArrayList<>();
    output.path("shape").forEach(dimension -> shape.add(dimension.asLong(-1)));
    long elements = Elements.count(shape);
    int size = Elements.bytes(type);
    boolean fits =
        size == 0
            ? type == TensorDatatype.BYTES && Elements.texts(data) == elements
            : elements >= 0 && elements <= Integer.MAX_VALUE && elements * size == data.remaining();
    if (!fits) {
      throw invalid(
          "output '%s' is %s of shape %s and has %d bytes"
              .formatted(name, output.path("datatype"), shape, data.remaining()));
    }
    return new Tensor(name, type, shape, data);
  }

  private static TensorDatatype datatype(String name) {
    for (TensorDatatype type : TensorDatatype.values()) {
      if (type.name().equals(name)) {
        return type;
      }
    }
    return TensorDatatype.UNKNOWN;
  }

  private static JsonNode read(byte[] body, int length) {
    try {
      return JSON.readTree(body, 0, length);
    } catch (IOException e) {
      throw invalid("it is no JSON");
    }
  }

  /** What an answer that is an error says. */
  static String error(int status, byte[] body) {
    String text = new String(body, 0, Math.min(body.length, 500), StandardCharsets.UTF_8);
    try {
      JsonNode error = JSON.readTree(body).path("error");
      text = error.isTextual() ? error.textValue() : text;
    } catch (IOException notJson) {
      // Then it is shown as it is.
    }
    return "the server answered %d: %s".formatted(status, text.strip());
  }

  private static ModelException invalid(String why) {
    return new ModelException(
        "REMOTE_ANSWER_INVALID", "The server's answer is no answer of the protocol: " + why, false);
  }
}
