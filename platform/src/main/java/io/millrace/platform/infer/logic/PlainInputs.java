package io.millrace.platform.infer.logic;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.exc.MismatchedInputException;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.millrace.events.ModelSpec;
import io.millrace.events.TargetSpec;
import io.millrace.events.TensorSignature;
import io.millrace.gateway.http.JsonBody;
import io.millrace.gateway.http.Refusal;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Words the short form of a request, {@code {"x": [1, 2, 3]}}, in the protocol's: the datatype
 * comes from the model's signature, the shape from that and from how the values are nested.
 *
 * <p>Values nested as the signature says are taken so; without the batch dimension they are one
 * row; a flat list fills the one dimension that the signature leaves open. What could have two
 * shapes, or none, is refused.
 */
public final class PlainInputs {
  private static final JsonFactory JSON = new JsonFactory();
  private static final ObjectMapper TREE =
      new ObjectMapper()
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .enable(DeserializationFeature.FAIL_ON_READING_DUP_TREE_KEY);
  private static final int RANK_MAX = 64;

  private PlainInputs() {}

  /**
   * The request in the protocol's form; what has that form already is given back as it is.
   *
   * @param json UTF-8
   * @throws Refusal naming the first input that is wrong
   */
  public static byte[] request(TargetSpec model, byte[] json) {
    try {
      return isProtocol(json) ? json : convert(model, TREE.readTree(json));
    } catch (MismatchedInputException e) {
      throw wrong("something follows the first JSON value, in line " + e.getLocation().getLineNr());
    } catch (JsonProcessingException e) {
      throw wrong("it is no JSON: " + JsonBody.describe(e));
    } catch (IOException e) {
      throw wrong("it cannot be read: " + e.getMessage());
    }
  }

  /** Whether it has a member {@code inputs} that is a list of objects. */
  private static boolean isProtocol(byte[] json) throws IOException {
    try (JsonParser parser = JSON.createParser(json)) {
      if (parser.nextToken() != JsonToken.START_OBJECT) {
        throw wrong(
            "expected a JSON object: {\"inputs\": [...]} of the Open Inference Protocol, or"
                + " {\"NAME\": [values], ...}");
      }
      while (parser.nextToken() == JsonToken.FIELD_NAME) {
        boolean inputs = parser.currentName().equals("inputs");
        if (parser.nextToken() == JsonToken.START_ARRAY && inputs) {
          return parser.nextToken() == JsonToken.START_OBJECT;
        }
        parser.skipChildren();
      }
      return false;
    }
  }

  private static byte[] convert(TargetSpec model, JsonNode given) {
    ModelSpec spec = model.getModel();
    if (spec == null || spec.getInputs().isEmpty()) {
      throw wrong(
          "model '%s' declares no inputs, so their shapes must be said: {\"inputs\": [{\"name\", \"shape\", \"datatype\", \"data\"}]}"
              .formatted(model.getName()));
    }
    List<String> names = spec.getInputs().stream().map(TensorSignature::getName).toList();
    given
        .fieldNames()
        .forEachRemaining(
            name -> {
              if (!names.contains(name)) {
                throw wrong(
                    "'%s' is no input of model '%s'; expected %s"
                        .formatted(name, model.getName(), names));
              }
            });
    ObjectNode request = TREE.createObjectNode();
    ArrayNode inputs = request.putArray("inputs");
    for (TensorSignature input : spec.getInputs()) {
      JsonNode values = given.get(input.getName());
      if (values == null) {
        throw wrong(
            "input '%s' of model '%s' is missing".formatted(input.getName(), model.getName()));
      }
      input(inputs.addObject(), input, values, spec.getBatchMax() > 0);
    }
    return request.toString().getBytes(StandardCharsets.UTF_8);
  }

  private static void input(
      ObjectNode input, TensorSignature signature, JsonNode values, boolean batched) {
    String name = signature.getName();
    List<Long> nested = nesting(name, values);
    ArrayNode data = TREE.createArrayNode();
    flatten(name, values, nested, 0, data);
    List<Long> shape = shape(signature.getShape(), nested, data.size(), batched);
    if (shape == null) {
      throw wrong(
          "%s: has %d values nested as %s, which does not say one shape of %s%s; nest them so, or give the shape in {\"inputs\": [...]}"
              .formatted(
                  name,
                  data.size(),
                  nested,
                  signature.getShape(),
                  batched ? ", the first of which counts rows" : ""));
    }
    input.put("name", name).put("datatype", signature.getDatatype().name());
    ArrayNode dimensions = input.putArray("shape");
    shape.forEach(dimensions::add);
    input.set("data", data);
  }

  /** How the first value of each level is nested. */
  private static List<Long> nesting(String name, JsonNode values) {
    List<Long> nesting = new ArrayList<>();
    for (JsonNode at = values; at != null && at.isArray(); at = at.get(0)) {
      if (nesting.size() == RANK_MAX) {
        throw wrong(name + ": is nested more than " + RANK_MAX + " deep");
      }
      nesting.add((long) at.size());
    }
    return nesting;
  }

  private static void flatten(
      String name, JsonNode values, List<Long> nested, int depth, ArrayNode data) {
    if (depth == nested.size()) {
      if (values.isContainerNode() || values.isNull()) {
        throw wrong(
            "%s: expected a value after %d values, but %s is given"
                .formatted(name, data.size(), values.isArray() ? "a list" : "no value"));
      }
      data.add(values);
      return;
    }
    if (!values.isArray() || values.size() != nested.get(depth)) {
      throw wrong(
          "%s: is ragged after %d values; expected lists of the same lengths, %s as the first are"
              .formatted(name, data.size(), nested));
    }
    for (JsonNode value : values) {
      flatten(name, value, nested, depth + 1, data);
    }
  }

  /** The one shape that it can be; null: there is none, or more than one. */
  private static @Nullable List<Long> shape(
      List<Long> signature, List<Long> nested, int count, boolean batched) {
    if (fits(signature, nested)) {
      return nested;
    }
    if (batched && fits(signature.subList(1, signature.size()), nested)) {
      List<Long> row = new ArrayList<>(List.of(1L));
      row.addAll(nested);
      return row;
    }
    return nested.size() <= 1 ? filled(signature, count) : null;
  }

  private static boolean fits(List<Long> signature, List<Long> nested) {
    boolean fits = signature.size() == nested.size();
    for (int d = 0; fits && d < nested.size(); d++) {
      fits = signature.get(d) < 0 || signature.get(d).equals(nested.get(d));
    }
    return fits;
  }

  /** The signature with its one open dimension as long as the count makes it. */
  private static @Nullable List<Long> filled(List<Long> signature, long count) {
    long known = 1;
    int open = 0;
    for (long dimension : signature) {
      known *= dimension < 0 ? 1 : dimension;
      open += dimension < 0 ? 1 : 0;
    }
    if (open > 1 || known == 0 || count % known != 0 || (open == 0 && count != known)) {
      return null;
    }
    long rest = count / known;
    return signature.stream()
        .map(dimension -> dimension < 0 ? Long.valueOf(rest) : dimension)
        .toList();
  }

  private static Refusal wrong(String message) {
    return Refusal.wrong("REQUEST_INVALID", message);
  }
}
