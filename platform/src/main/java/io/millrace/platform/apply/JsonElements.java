package io.millrace.platform.apply;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.BooleanNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.NullNode;
import com.fasterxml.jackson.databind.node.TextNode;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Reads JSON (RFC 8259) into elements; duplicate keys are a problem, depth and sizes are bounded.
 */
final class JsonElements {
  private static final int DEPTH_MAX = 60;
  private static final int NUMBER_CHARS_MAX = 40;

  private static final JsonFactory FACTORY =
      JsonFactory.builder()
          .streamReadConstraints(
              StreamReadConstraints.builder()
                  .maxNestingDepth(DEPTH_MAX)
                  .maxNumberLength(NUMBER_CHARS_MAX)
                  .maxStringLength(Documents.BYTES_MAX)
                  .maxNameLength(1_000)
                  .build())
          .build();

  private final JsonParser parser;
  private final Problems problems;

  private JsonElements(JsonParser parser, Problems problems) {
    this.parser = parser;
    this.problems = problems;
  }

  /**
   * The one value in the text.
   *
   * @throws InvalidDocumentException when it is not one JSON value or beyond the bounds
   */
  static Element parse(String text, Problems problems) throws InvalidDocumentException {
    try (JsonParser parser = FACTORY.createParser(text)) {
      if (parser.nextToken() == null) {
        throw problems.fatal(1, "", "is empty");
      }
      Element element = new JsonElements(parser, problems).element("");
      if (parser.nextToken() != null) {
        throw problems.fatal(
            parser.currentTokenLocation().getLineNr(), "", "has more after its end");
      }
      return element;
    } catch (JsonProcessingException e) {
      int line = e.getLocation() == null ? 0 : e.getLocation().getLineNr();
      throw problems.fatal(line, "", "is not JSON: " + JsonFault.of(e));
    } catch (IOException e) {
      throw problems.fatal(0, "", "cannot be read: " + e);
    }
  }

  private Element element(String path) throws IOException {
    int line = parser.currentTokenLocation().getLineNr();
    JsonToken token = parser.currentToken();
    if (token == JsonToken.START_OBJECT) {
      return mapping(path, line);
    }
    if (token == JsonToken.START_ARRAY) {
      List<Element> items = new ArrayList<>();
      while (parser.nextToken() != JsonToken.END_ARRAY) {
        items.add(element(path + "[" + items.size() + "]"));
      }
      return new Element.Sequence(line, items);
    }
    return new Element.Scalar(line, scalar(token), parser.getText());
  }

  private Element mapping(String path, int line) throws IOException {
    Map<String, Element> fields = new LinkedHashMap<>();
    Map<String, Integer> keyLines = new LinkedHashMap<>();
    while (parser.nextToken() != JsonToken.END_OBJECT) {
      String key = parser.currentName();
      int keyLine = parser.currentTokenLocation().getLineNr();
      String at = path.isEmpty() ? key : path + "." + key;
      parser.nextToken();
      Element value = element(at);
      Integer earlier = keyLines.putIfAbsent(key, keyLine);
      if (earlier == null) {
        fields.put(key, value);
      } else {
        problems.add(keyLine, at, "is given twice; the first is on line " + earlier);
      }
    }
    return new Element.Mapping(line, fields, keyLines);
  }

  private JsonNode scalar(JsonToken token) throws IOException {
    return switch (token) {
      case VALUE_STRING -> TextNode.valueOf(parser.getText());
      case VALUE_TRUE -> BooleanNode.TRUE;
      case VALUE_FALSE -> BooleanNode.FALSE;
      case VALUE_NUMBER_INT ->
          parser.getNumberType() == JsonParser.NumberType.BIG_INTEGER
              ? JsonNodeFactory.instance.numberNode(parser.getBigIntegerValue())
              : JsonNodeFactory.instance.numberNode(parser.getLongValue());
      case VALUE_NUMBER_FLOAT -> JsonNodeFactory.instance.numberNode(parser.getDoubleValue());
      default -> NullNode.getInstance();
    };
  }
}
