package io.millrace.gateway.http;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.vertx.core.buffer.Buffer;
import java.io.IOException;

/** Reads a body that is one JSON value. */
public final class JsonBody {
  private static final ObjectMapper JSON =
      new ObjectMapper()
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .enable(DeserializationFeature.FAIL_ON_READING_DUP_TREE_KEY);

  private JsonBody() {}

  /**
   * The value.
   *
   * @throws Refusal if the body is not one JSON value
   */
  public static JsonNode read(Buffer body) {
    try {
      JsonNode node = JSON.readTree(body.getBytes());
      if (node != null && !node.isMissingNode()) {
        return node;
      }
      throw invalid("it is empty");
    } catch (JsonProcessingException e) {
      throw invalid(describe(e));
    } catch (IOException e) {
      throw invalid(String.valueOf(e.getMessage()));
    }
  }

  /** What Jackson says, on one line, and where. */
  public static String describe(JsonProcessingException e) {
    String what = String.valueOf(e.getOriginalMessage()).lines().findFirst().orElse("");
    return e.getLocation() == null
        ? what
        : "%s (line %d, column %d)"
            .formatted(what, e.getLocation().getLineNr(), e.getLocation().getColumnNr());
  }

  private static Refusal invalid(String why) {
    return Refusal.wrong("JSON_INVALID", "The body is not one JSON value: " + why);
  }
}
