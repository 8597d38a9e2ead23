package io.millrace.platform.apply;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import java.util.Map;

/** A value of a document with the line it stands on. */
sealed interface Element {

  /** The line, from 1. */
  int line();

  /** The value without its lines. */
  JsonNode toJson();

  /** What it is, as an error message says it: {@code a list}, {@code the text 'abc'}. */
  String describe();

  /** A mapping of keys to values, in the order of the document. */
  record Mapping(int line, Map<String, Element> fields, Map<String, Integer> keyLines)
      implements Element {
    @Override
    public JsonNode toJson() {
      ObjectNode node = JsonNodeFactory.instance.objectNode();
      fields.forEach((key, value) -> node.set(key, value.toJson()));
      return node;
    }

    @Override
    public String describe() {
      return "a mapping";
    }
  }

  /** A list of values. */
  record Sequence(int line, List<Element> items) implements Element {
    @Override
    public JsonNode toJson() {
      ArrayNode node = JsonNodeFactory.instance.arrayNode(items.size());
      items.forEach(item -> node.add(item.toJson()));
      return node;
    }

    @Override
    public String describe() {
      return "a list";
    }
  }

  /**
   * A single value: text, number, boolean or null.
   *
   * @param text as it was written, so that {@code version: 1.0} can be taken as text
   */
  record Scalar(int line, JsonNode value, String text) implements Element {
    private static final int SHOWN_CHARS_MAX = 60;

    @Override
    public JsonNode toJson() {
      return value;
    }

    @Override
    public String describe() {
      if (value.isNull()) {
        return "nothing";
      }
      String shown =
          text.length() <= SHOWN_CHARS_MAX ? text : text.substring(0, SHOWN_CHARS_MAX) + "…";
      return value.isTextual() ? "'" + shown.replaceAll("\\p{Cntrl}", " ") + "'" : shown;
    }
  }
}
