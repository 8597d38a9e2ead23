package io.millrace.gateway.log;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.millrace.events.Failure;
import io.millrace.events.Outcome;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Says in HTTP's words how an operation ended. */
public final class Outcomes {
  /** What a refusal means by its code; others are the caller's fault: 400. */
  private static final Map<String, Integer> REFUSED =
      Map.of(
          "TARGET_UNKNOWN", 404,
          "VERSION_UNKNOWN", 404,
          "POOL_UNKNOWN", 503,
          "OVERLOADED", 503,
          "CONTROL_THROTTLED", 503,
          "ARGUMENTS_TOO_LARGE", 413,
          "CONTEXT_TOO_LARGE", 413,
          "INPUTS_TOO_LARGE", 413,
          "DEADLINE_EXCEEDED", 504,
          "OPERATION_ID_REUSED", 409);

  private Outcomes() {}

  /** The status that goes with an outcome. */
  public static int status(Outcome outcome, @Nullable Failure failure) {
    return switch (outcome) {
      case OK -> 200;
      case REFUSED -> failure == null ? 400 : REFUSED.getOrDefault(failure.getCode(), 400);
      case CIRCUIT_OPEN -> 503;
      case DEADLINE_EXCEEDED, TIMEOUT -> 504;
      case TOOL_ERROR, LOST -> 502;
      case CANCELLED -> 409;
      case OUTCOME_UNKNOWN, SKIPPED, UNKNOWN -> 500;
    };
  }

  /** What to tell the caller. */
  public static String message(Outcome outcome, @Nullable Failure failure) {
    return failure == null || failure.getMessage().isEmpty()
        ? "It ended " + outcome + "."
        : failure.getMessage();
  }

  /** The stable name of what went wrong. */
  public static String code(Outcome outcome, @Nullable Failure failure) {
    return failure == null || failure.getCode().isEmpty() ? outcome.name() : failure.getCode();
  }

  /** Adds {@code error} and {@code code} to what ended otherwise than OK. */
  public static void describe(ObjectNode answer, Outcome outcome, @Nullable Failure failure) {
    if (outcome != Outcome.OK) {
      answer.put("error", message(outcome, failure)).put("code", code(outcome, failure));
    }
  }
}
