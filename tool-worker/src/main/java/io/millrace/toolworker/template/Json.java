package io.millrace.toolworker.template;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.cfg.JsonNodeFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.TextNode;
import org.jspecify.annotations.Nullable;

/** Reads and writes JSON without changing numbers, and texts as JSON strings. */
public final class Json {

  private static final JsonMapper MAPPER =
      JsonMapper.builder()
          .enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS)
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .disable(JsonNodeFeature.STRIP_TRAILING_BIGDECIMAL_ZEROES)
          .build();

  private Json() {}

  /**
   * Reads JSON text.
   *
   * @return null if it is not JSON, or blank
   */
  public static @Nullable JsonNode parse(String text) {
    try {
      JsonNode node = MAPPER.readTree(text);
      return node == null || node.isMissingNode() ? null : node;
    } catch (JsonProcessingException e) {
      return null;
    }
  }

  /** JSON text of a value. */
  public static String text(JsonNode value) {
    try {
      return MAPPER.writeValueAsString(value);
    } catch (JsonProcessingException e) {
      throw new IllegalArgumentException("This value cannot be written as JSON", e);
    }
  }

  /**
   * A tool's output: JSON if it is JSON, else the text as a JSON string without its last line end.
   *
   * @return null for an empty text
   */
  public static @Nullable JsonNode output(String text) {
    if (text.isEmpty()) {
      return null;
    }
    JsonNode json = parse(text);
    return json != null ? json : TextNode.valueOf(text.replaceFirst("\\R\\z", ""));
  }
}
