package io.millrace.gateway.http;

import io.vertx.core.MultiMap;
import java.time.Duration;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * What the headers of a request say about who asks and how long the answer may take.
 *
 * @param tenant header {@code X-Tenant}; {@code default} where it is absent
 * @param correlationId header {@code X-Correlation-Id}; empty where it is absent
 * @param traceparent header of that name (W3C Trace Context); null where it is absent
 * @param timeout header {@code Request-Timeout} (or {@code X-Request-Timeout}): a number with the
 *     unit {@code ms}, {@code s} or {@code m}, seconds without one; empty where it is absent
 */
public record Caller(
    String tenant, String correlationId, @Nullable String traceparent, Optional<Duration> timeout) {
  private static final Pattern TIMEOUT =
      Pattern.compile("(?<number>\\d{1,9}(\\.\\d{1,6})?) ?(?<unit>ms|s|m)?");

  /**
   * Reads the headers.
   *
   * @param longest the longest timeout that may be asked for
   * @throws Refusal if the timeout is no time, 0 or too long
   */
  public static Caller of(MultiMap headers, Duration longest) {
    String tenant = headers.get("X-Tenant");
    String correlation = headers.get("X-Correlation-Id");
    String timeout = headers.get("Request-Timeout");
    return new Caller(
        tenant == null ? "default" : tenant,
        correlation == null ? "" : correlation,
        headers.get("traceparent"),
        Optional.ofNullable(timeout == null ? headers.get("X-Request-Timeout") : timeout)
            .map(text -> timeout(text.trim(), longest)));
  }

  private static Duration timeout(String text, Duration longest) {
    Matcher matcher = TIMEOUT.matcher(text);
    if (matcher.matches()) {
      String unit = matcher.group("unit");
      double scale = unit == null || unit.equals("s") ? 1e3 : unit.equals("m") ? 60e3 : 1;
      double millis = Double.parseDouble(matcher.group("number")) * scale;
      if (millis >= 1 && millis <= longest.toMillis()) {
        return Duration.ofMillis((long) millis);
      }
    }
    throw Refusal.wrong(
        "TIMEOUT_INVALID",
        "The header Request-Timeout is '%s'; expected a time such as 250ms or 2.5 (seconds), 1 ms to %d s."
            .formatted(text, longest.toSeconds()));
  }
}
