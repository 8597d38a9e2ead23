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
      Map.ofEntries(
          Map.entry("TARGET_UNKNOWN", 404),
          Map.entry("VERSION_UNKNOWN", 404),
          Map.entry("POOL_UNKNOWN", 503),
          Map.entry("MODEL_NOT_READY", 503),
          Map.entry("MODEL_UNLOADED", 503),
          Map.entry("OVERLOADED", 503),
          Map.entry("CONTROL_THROTTLED", 503),
          Map.entry("ARGUMENTS_TOO_LARGE", 413),
          Map.entry("CONTEXT_TOO_LARGE", 413),
          Map.entry("INPUTS_TOO_LARGE", 413),
          Map.entry("DEADLINE_EXCEEDED", 504),
          Map.entry("OPERATION_ID_REUSED", 409));

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
