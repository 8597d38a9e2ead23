package io.millrace.toolworker.builtin;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.millrace.toolworker.ToolException;
import java.time.Duration;

/** Reads the arguments of the built-in tools. */
final class Arguments {

  private static final long DELAY_MS_MAX = Duration.ofDays(1).toMillis();

  private Arguments() {}

  /** The argument {@code ms} as a duration; zero if absent. */
  static Duration delay(ObjectNode arguments) {
    JsonNode ms = arguments.path("ms");
    if (ms.isMissingNode()) {
      return Duration.ZERO;
    }
    double millis = ms.isNumber() ? ms.doubleValue() : -1;
    if (!(millis >= 0 && millis <= DELAY_MS_MAX)) {
      throw ToolException.arguments(
          "ms is %s; expected a number from 0 to %d".formatted(ms, DELAY_MS_MAX));
    }
    return Duration.ofNanos((long) Math.ceil(millis * 1e6));
  }

  /** A text that must be there. */
  static String text(ObjectNode arguments, String name) {
    JsonNode value = arguments.path(name);
    if (!value.isTextual() || value.textValue().isEmpty()) {
      throw ToolException.arguments(
          "%s is %s; expected a text"
              .formatted(name, value.isMissingNode() ? "absent" : value.toString()));
    }
    return value.textValue();
  }
}
