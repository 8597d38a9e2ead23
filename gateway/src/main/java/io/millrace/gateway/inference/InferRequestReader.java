package io.millrace.gateway.inference;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.core.json.JsonReadFeature;
import io.millrace.events.Tensor;
import io.millrace.events.TensorDatatype;
import io.millrace.gateway.http.JsonBody;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Reads the body of an infer request: JSON, followed by the raw bytes of the inputs that have a
 * {@code binary_data_size}, in their order.
 *
 * <p>The JSON is read token by token and no tree is made of it. Where an input's data come before
 * its datatype or shape, they are passed over and read afterwards.
 */
final class InferRequestReader {
  private static final JsonFactory JSON =
      JsonFactory.builder()
          .enable(StreamReadFeature.USE_FAST_DOUBLE_PARSER)
          .enable(JsonReadFeature.ALLOW_NON_NUMERIC_NUMBERS)
          .build();

  private static final int RANK_MAX = 64;

  private final byte[] body;
  private final int jsonLength;
  private final int bytesMax;
  private final Map<String, String> parameters = new LinkedHashMap<>();
  private final List<Input> inputs = new ArrayList<>();
  private final List<InferRequest.Output> outputs = new ArrayList<>();
  private @Nullable String id;
  private long bytes;

  private static final class Input {
    private final String at;
    private @Nullable String name;
    private @Nullable TensorDatatype type;
    private @Nullable List<Long> shape;
    private @Nullable ByteBuffer data;
    private int dataFrom = -1;
    private int dataTo;
    private long binary = -1;

    Input(String at) {
      this.at = at;
    }
  }

  private InferRequestReader(byte[] body, int jsonLength, int bytesMax) {
    this.body = body;
    this.jsonLength = jsonLength;
    this.bytesMax = bytesMax;
  }

  /**
   * The request.
   *
   * @param body whole
   * @param jsonLength how many of its bytes are JSON
   * @param bytesMax the most bytes that its inputs may take as tensors
   * @throws io.millrace.gateway.http.Refusal naming the first field that is wrong
   */
  static InferRequest read(byte[] body, int jsonLength, int bytesMax) {
    return new InferRequestReader(body, jsonLength, bytesMax).read();
  }

  private InferRequest read() {
    try (JsonParser json = JSON.createParser(body, 0, jsonLength)) {
      json.nextToken();
      JsonFields.members(json, "the request", name -> member(json, name));
      if (json.nextToken() != null) {
        throw Wrong.request("the request: something follows the JSON object");
      }
    } catch (JsonProcessingException e) {
      throw Wrong.request("the request is no JSON: " + JsonBody.describe(e));
    } catch (IOException e) {
      throw Wrong.request("the request is no JSON: " + e.getMessage());
    }
    if (inputs.isEmpty()) {
      throw Wrong.request("inputs: expected at least one");
    }
    return new InferRequest(id, parameters, tensors(), outputs);
  }

  private void member(JsonParser json, String name) throws IOException {
    switch (name) {
      case "id" -> id = JsonFields.text(json, "id");
      case "parameters" ->
          JsonFields.members(
              json,
              "parameters",
              parameter ->
                  parameters.put(parameter, JsonFields.scalar(json, "parameters." + parameter)));
      case "inputs" -> {
        inputs.clear();
        JsonFields.array(json, "inputs", i -> inputs.add(input(json, "inputs[" + i + "]")));
      }
      case "outputs" -> {
        outputs.clear();
        JsonFields.array(json, "outputs", i -> outputs.add(output(json, "outputs[" + i + "]")));
      }
      default -> json.skipChildren();
    }
  }

  private Input input(JsonParser json, String at) throws IOException {
    Input input = new Input(at);
    JsonFields.members(
        json,
        at,
        name -> {
          switch (name) {
            case "name" -> input.name = JsonFields.text(json, at + ".name");
            case "datatype" -> input.type = datatype(json, at + ".datatype");
            case "shape" -> input.shape = shape(json, at + ".shape");
            case "parameters" ->
                JsonFields.members(json, at + ".parameters", p -> parameter(json, input, p));
            case "data" -> data(json, input);
            default -> json.skipChildren();
          }
        });
    return input;
  }

  private void data(JsonParser json, Input input) throws IOException {
    if (input.data != null || input.dataFrom >= 0) {
      throw Wrong.field(input.at + ".data", "is given twice");
    }
    if (input.type != null && input.shape != null) {
      input.data =
          new TensorReader(input.at, input.type, input.shape).json(json, (int) (bytesMax - bytes));
      bytes += input.data.remaining();
    } else {
      input.dataFrom = (int) json.currentTokenLocation().getByteOffset();
      json.skipChildren();
      input.dataTo = (int) json.currentLocation().getByteOffset();
    }
  }

  private static void parameter(JsonParser json, Input input, String name) throws IOException {
    String at = input.at + ".parameters." + name;
    if (name.equals("binary_data_size")) {
      if (json.currentToken() != JsonToken.VALUE_NUMBER_INT
          || json.getNumberType() != JsonParser.NumberType.INT
          || json.getIntValue() < 0) {
        throw Wrong.field(at, "expected a number of bytes");
      }
      input.binary = json.getIntValue();
    } else {
      unsupported(at, name);
      JsonFields.scalar(json, at);
    }
  }

  /** Refuses parameters of extensions of the protocol that would change what a request means. */
  static void unsupported(String at, String name) {
    if (name.startsWith("shared_memory") || name.equals("classification")) {
      throw Wrong.field(at, "this extension is not supported; send and ask for data in the body");
    }
  }

  private static InferRequest.Output output(JsonParser json, String at) throws IOException {
    List<String> names = new ArrayList<>();
    List<Boolean> binary = new ArrayList<>();
    JsonFields.members(
        json,
        at,
        name -> {
          switch (name) {
            case "name" -> names.add(JsonFields.text(json, at + ".name"));
            case "parameters" ->
                JsonFields.members(
                    json,
                    at + ".parameters",
                    parameter -> {
                      String value = JsonFields.scalar(json, at + ".parameters." + parameter);
                      unsupported(at + ".parameters." + parameter, parameter);
                      if (parameter.equals("binary_data")) {
                        binary.add(value.equals("true"));
                      }
                    });
            default -> json.skipChildren();
          }
        });
    if (names.size() != 1) {
      throw Wrong.field(at + ".name", "is missing");
    }
    return new InferRequest.Output(names.get(0), binary.isEmpty() ? null : binary.get(0));
  }

  private static TensorDatatype datatype(JsonParser json, String at) throws IOException {
    String name = JsonFields.text(json, at);
    return Datatypes.find(name)
        .orElseThrow(
            () ->
                Wrong.field(at, "'" + JsonFields.shown(name) + "' is no datatype of the protocol"));
  }

  private static List<Long> shape(JsonParser json, String at) throws IOException {
    List<Long> shape = new ArrayList<>();
    JsonFields.array(
        json,
        at,
        i -> {
          if (i == RANK_MAX) {
            throw Wrong.field(at, "has more than " + RANK_MAX + " dimensions");
          }
          if (json.currentToken() != JsonToken.VALUE_NUMBER_INT
              || json.getNumberType() == JsonParser.NumberType.BIG_INTEGER) {
            throw Wrong.field(at + "[" + i + "]", "expected a whole number of 64 bits");
          }
          shape.add(json.getLongValue());
        });
    return shape;
  }

  private List<Tensor> tensors() {
    List<Tensor> tensors = new ArrayList<>();
    int at = jsonLength;
    for (Input input : inputs) {
      if (input.name == null || input.type == null || input.shape == null) {
        String missing = input.name == null ? "name" : input.type == null ? "datatype" : "shape";
        throw Wrong.field(input.at + "." + missing, "is missing");
      }
      ByteBuffer data = input.data;
      if (input.binary >= 0) {
        String field = input.at + ".parameters.binary_data_size";
        if (data != null || input.dataFrom >= 0) {
          throw Wrong.field(field, "is given beside data; expected one of them");
        }
        if (input.binary > body.length - at) {
          throw Wrong.field(
              field,
              "%d bytes are declared, but %d are left after the JSON and the inputs before"
                  .formatted(input.binary, body.length - at));
        }
        ByteBuffer raw = ByteBuffer.wrap(body, at, (int) input.binary).slice();
        data = new TensorReader(input.at, input.type, input.shape).raw(field, raw);
        at += (int) input.binary;
        bytes += input.binary;
      } else if (data == null) {
        data = passedOver(input, input.type, input.shape);
      }
      tensors.add(new Tensor(input.name, input.type, input.shape, data));
    }
    if (at != body.length) {
      throw Wrong.request(
          "the request: %d bytes follow its JSON, but its inputs' binary_data_size make %d"
              .formatted(body.length - jsonLength, at - jsonLength));
    }
    if (bytes > bytesMax) {
      throw TensorBytes.tooLarge(bytesMax);
    }
    return tensors;
  }

  private ByteBuffer passedOver(Input input, TensorDatatype type, List<Long> shape) {
    if (input.dataFrom < 0) {
      throw Wrong.field(input.at + ".data", "is missing, and so is binary_data_size");
    }
    try (JsonParser json = JSON.createParser(body, input.dataFrom, input.dataTo - input.dataFrom)) {
      json.nextToken();
      ByteBuffer data =
          new TensorReader(input.at, type, shape).json(json, (int) (bytesMax - bytes));
      bytes += data.remaining();
      return data;
    } catch (IOException e) {
      throw Wrong.field(input.at + ".data", "is no JSON: " + e.getMessage());
    }
  }
}
