package io.millrace.platform.cli;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.NullNode;
import com.fasterxml.jackson.databind.node.TextNode;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Reads JSON text that a user wrote, or that a record carries in a field of text. */
final class JsonText {
  private static final ObjectMapper JSON =
      new ObjectMapper()
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .enable(DeserializationFeature.FAIL_ON_READING_DUP_TREE_KEY);

  /** Jackson's note of where it read from, which says nothing to the user. */
  private static final Pattern SOURCE =
      Pattern.compile(" ?\\(start marker at \\[Source:.*?]\\)| ?\\[Source:.*?]");

  private JsonText() {}

  /**
   * The one JSON value in the text.
   *
   * @throws CommandException saying what is wrong with it
   */
  static JsonNode require(String what, String text) {
    try {
      JsonNode node = JSON.readTree(text);
      if (!node.isMissingNode()) {
        return node;
      }
      throw CommandException.usage(what + " is empty; expected JSON such as {\"city\": \"Oslo\"}");
    } catch (JsonProcessingException e) {
      String said =
          SOURCE.matcher(e.getOriginalMessage().lines().findFirst().orElse("")).replaceAll("");
      throw CommandException.usage(
          what + " is not JSON: " + said + "; expected JSON such as {\"city\": \"Oslo\"}");
    }
  }

  /** What a record's field says: the JSON in it, null, or the text itself if it is no JSON. */
  static JsonNode lenient(@Nullable String text) {
    if (text == null) {
      return NullNode.getInstance();
    }
    try {
      return JSON.readTree(text);
    } catch (JsonProcessingException e) {
      return TextNode.valueOf(text);
    }
  }
}
