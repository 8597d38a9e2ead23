package io.millrace.platform.infer;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.millrace.events.InferenceResult;
import io.millrace.gateway.http.Refusal;
import io.millrace.gateway.inference.InferenceJson;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.math.BigDecimal;
import java.math.RoundingMode;
import org.jspecify.annotations.Nullable;

/** Words answers of models: the protocol's response, and beside it where the time went. */
public final class ResultLine {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final int DIGITS = 3;

  private ResultLine() {}

  /**
   * An answer that is OK.
   *
   * @param model name that was asked for
   * @param requestId the client's own name for the request; null: none
   * @throws Refusal if JSON has no word for an element of an output
   */
  public static ObjectNode answer(
      String model, @Nullable String requestId, InferenceResult result) {
    JsonNode response;
    try {
      response = JSON.readTree(InferenceJson.write(model, requestId, result));
    } catch (IOException e) {
      throw new UncheckedIOException("what was just written is JSON", e);
    }
    ObjectNode json = (ObjectNode) response;
    json.put("served_by", result.getServedBy().name());
    times(json, result);
    return json;
  }

  private static void times(ObjectNode json, InferenceResult result) {
    json.put("device", result.getDevice());
    json.put("attempts", result.getAttempts());
    json.put("batch_size", result.getBatchSize());
    json.set("latency_ms", millis(result.getLatencyMs()));
    json.set("queue_ms", millis(result.getQueueMs()));
    json.set("batch_ms", millis(result.getBatchMs()));
    json.set("compute_ms", millis(result.getComputeMs()));
  }

  private static JsonNode millis(double millis) {
    return JSON.getNodeFactory()
        .numberNode(
            BigDecimal.valueOf(Double.isFinite(millis) ? millis : 0)
                .setScale(DIGITS, RoundingMode.HALF_UP));
  }

  /**
   * The line of a row that was answered: {@code {"row", "id", "request_id"?, "model_name",
   * "model_version", "outputs", …}}.
   *
   * @throws Refusal if JSON has no word for an element of an output
   */
  public static byte[] line(
      long row, String id, String model, @Nullable String requestId, InferenceResult result) {
    ObjectNode line = begun(row, id, requestId);
    line.setAll(answer(model, null, result));
    return bytes(line);
  }

  /** The line of a row that failed: {@code {"row", "id", "request_id"?, "code", "error"}}. */
  public static byte[] error(
      long row, String id, @Nullable String requestId, String code, String message) {
    return bytes(begun(row, id, requestId).put("code", code).put("error", message));
  }

  private static ObjectNode begun(long row, String id, @Nullable String requestId) {
    ObjectNode line = JSON.createObjectNode().put("row", row).put("id", id);
    if (requestId != null) {
      line.put("request_id", requestId);
    }
    return line;
  }

  private static byte[] bytes(ObjectNode line) {
    try {
      return JSON.writeValueAsBytes(line);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("a tree can always be written", e);
    }
  }
}
