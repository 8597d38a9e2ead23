package io.millrace.platform.cli;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.millrace.platform.apply.JsonFault;

/** Reads JSON text that a user wrote. */
final class JsonText {
  private static final ObjectMapper JSON =
      new ObjectMapper()
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .enable(DeserializationFeature.FAIL_ON_READING_DUP_TREE_KEY);

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
      throw CommandException.usage(
          what
              + " is not JSON: "
              + JsonFault.of(e)
              + "; expected JSON such as {\"city\": \"Oslo\"}");
    }
  }
}
