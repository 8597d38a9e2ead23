package io.millrace.platform.cli;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.util.regex.Pattern;

/** Reads JSON text that a user wrote. */
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
}
