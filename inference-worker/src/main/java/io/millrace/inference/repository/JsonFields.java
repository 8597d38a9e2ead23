package io.millrace.inference.repository;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.millrace.inference.ModelException;
import java.util.ArrayList;
import java.util.List;

/** Reads the fields of a JSON object with their types; what is wrong is named by its path. */
final class JsonFields {

  private final ObjectNode object;
  private final String path;

  /**
   * The fields of an object.
   *
   * @param path of the object, for messages; empty: the outermost
   */
  JsonFields(ObjectNode object, String path) {
    this.object = object;
    this.path = path;
  }

  String path() {
    return path;
  }

  private String path(String name) {
    return path.isEmpty() ? name : path + "." + name;
  }

  boolean has(String name) {
    return object.has(name);
  }

  List<String> names() {
    List<String> names = new ArrayList<>();
    object.fieldNames().forEachRemaining(names::add);
    return names;
  }

  /** A text; empty where there is none. */
  String text(String name) {
    JsonNode value = object.path(name);
    if (!value.isMissingNode() && !value.isTextual()) {
      throw wrong(path(name), value, "a text");
    }
    return value.asText("");
  }

  /** A flag; false where there is none. */
  boolean flag(String name) {
    JsonNode value = object.path(name);
    if (!value.isMissingNode() && !value.isBoolean()) {
      throw wrong(path(name), value, "true or false");
    }
    return value.asBoolean();
  }

  /** A whole number within its bounds, in quotes or not. */
  long number(String name, long least, long most, long otherwise) {
    JsonNode value = object.path(name);
    return value.isMissingNode() ? otherwise : number(path(name), value, least, most);
  }

  /** Whole numbers within their bounds; empty where there are none. */
  List<Long> numbers(String name, long least, long most) {
    JsonNode values = object.path(name);
    if (!values.isMissingNode() && !values.isArray()) {
      throw wrong(path(name), values, "a list of numbers");
    }
    List<Long> numbers = new ArrayList<>();
    for (JsonNode value : values) {
      numbers.add(number(path(name) + "[" + numbers.size() + "]", value, least, most));
    }
    return List.copyOf(numbers);
  }

  /** Numbers; empty where there are none. */
  List<Double> decimals(String name) {
    JsonNode values = object.path(name);
    List<Double> numbers = new ArrayList<>();
    for (JsonNode value : values) {
      if (!value.isNumber()) {
        throw wrong(path(name) + "[" + numbers.size() + "]", value, "a number");
      }
      numbers.add(value.asDouble());
    }
    return List.copyOf(numbers);
  }

  private static long number(String path, JsonNode value, long least, long most) {
    String text = value.asText();
    try {
      long number = Long.parseLong(text);
      if (!value.isContainerNode() && number >= least && number <= most) {
        return number;
      }
    } catch (NumberFormatException e) {
      throw wrong(path, value, "a whole number");
    }
    throw wrong(path, value, "a whole number from %d to %d".formatted(least, most));
  }

  /** An object; an empty one where there is none. */
  JsonFields object(String name) {
    JsonNode value = object.path(name);
    if (value.isMissingNode()) {
      return new JsonFields(JsonNodeFactory.instance.objectNode(), path(name));
    }
    if (value instanceof ObjectNode found) {
      return new JsonFields(found, path(name));
    }
    throw wrong(path(name), value, "an object");
  }

  /** A list of objects; empty where there is none. */
  List<JsonFields> objects(String name) {
    JsonNode values = object.path(name);
    if (!values.isMissingNode() && !values.isArray()) {
      throw wrong(path(name), values, "a list of objects");
    }
    List<JsonFields> objects = new ArrayList<>();
    for (JsonNode value : values) {
      String where = path(name) + "[" + objects.size() + "]";
      if (!(value instanceof ObjectNode found)) {
        throw wrong(where, value, "an object");
      }
      objects.add(new JsonFields(found, where));
    }
    return List.copyOf(objects);
  }

  private static ModelException wrong(String path, JsonNode value, String expected) {
    String given = value.toString();
    return ModelException.config(
        "%s is %s; expected %s"
            .formatted(
                path, given.length() > 100 ? given.substring(0, 100) + "…" : given, expected));
  }
}
