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
 *     unit {@code ms}, {@code s} or {@code m}, seconds without one; of a call by gRPC its header
 *     {@code grpc-timeout}; empty where it is absent
 */
public record Caller(
    String tenant, String correlationId, @Nullable String traceparent, Optional<Duration> timeout) {
  private static final Pattern GRPC_TIMEOUT =
      Pattern.compile("(?<number>\\d{1,8})(?<unit>[HMSmun])");
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
    String grpc = headers.get("grpc-timeout");
    return new Caller(
        tenant == null ? "default" : tenant,
        correlation == null ? "" : correlation,
        headers.get("traceparent"),
        grpc != null
            ? Optional.of(grpcTimeout(grpc.trim(), longest))
            : Optional.ofNullable(timeout == null ? headers.get("X-Request-Timeout") : timeout)
                .map(text -> timeout(text.trim(), longest)));
  }

  /** Clients of gRPC name deadlines of days where they mean none: those are cut, not refused. */
  private static Duration grpcTimeout(String text, Duration longest) {
    Matcher matcher = GRPC_TIMEOUT.matcher(text);
    if (!matcher.matches()) {
      throw Refusal.wrong(
          "TIMEOUT_INVALID",
          "grpc-timeout: '%s' is given, expected at most 8 digits and one of H, M, S, m, u, n"
              .formatted(text));
    }
    long number = Long.parseLong(matcher.group("number"));
    Duration asked =
        switch (matcher.group("unit")) {
          case "H" -> Duration.ofHours(number);
          case "M" -> Duration.ofMinutes(number);
          case "S" -> Duration.ofSeconds(number);
          case "m" -> Duration.ofMillis(number);
          case "u" -> Duration.ofNanos(number * 1_000);
          default -> Duration.ofNanos(number);
        };
    return asked.compareTo(longest) > 0 ? longest : asked;
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
