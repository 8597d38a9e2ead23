package io.millrace.topologies.speculation.logic;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.node.TextNode;
import io.millrace.schemas.identity.CanonicalJson;
import org.jspecify.annotations.Nullable;

/**
 * What happened next in a conversation: a call that was answered, or words that were said.
 *
 * @param target what was called, such as {@code tool:search}; {@link #SAID} for words
 * @param arguments of the call
 * @param output of the call; null if it gave none
 * @param call the call as one text, equal for equal calls
 */
public record Step(String target, ObjectNode arguments, @Nullable JsonNode output, String call) {
  /** Target of a step in which something was said. */
  public static final String SAID = "";

  private static final ObjectMapper JSON = new ObjectMapper();

  /**
   * A call that was answered.
   *
   * @param arguments text of a JSON object
   * @param output JSON, or any other text; null if there is none
   * @throws IllegalArgumentException if the arguments are not a JSON object
   */
  public static Step called(String target, String arguments, @Nullable String output) {
    String call = call(target, arguments);
    try {
      if (JSON.readTree(arguments) instanceof ObjectNode object) {
        return new Step(target, object, output == null ? null : read(output), call);
      }
    } catch (JsonProcessingException e) {
      throw new IllegalArgumentException("not JSON: " + e.getOriginalMessage(), e);
    }
    throw new IllegalArgumentException("expected a JSON object");
  }

  /** Words, of a person or of whoever the agent talks to. */
  public static Step said(String text) {
    return new Step(SAID, JSON.createObjectNode().put("text", text), null, SAID);
  }

  /** Whether this is no call. */
  boolean isSaid() {
    return target.equals(SAID);
  }

  static String call(String target, String arguments) {
    return target + ' ' + CanonicalJson.of(arguments);
  }

  private static JsonNode read(String output) {
    try {
      JsonNode tree = JSON.readTree(output);
      return tree == null || tree.isMissingNode() ? TextNode.valueOf(output) : tree;
    } catch (JsonProcessingException plainText) {
      return TextNode.valueOf(output);
    }
  }
}
