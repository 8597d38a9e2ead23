package io.millrace.gateway.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.vertx.core.MultiMap;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class CallerTest {
  private static final Duration LONGEST = Duration.ofMinutes(10);

  private static Caller caller(String header, String value) {
    return Caller.of(MultiMap.caseInsensitiveMultiMap().add(header, value), LONGEST);
  }

  @ParameterizedTest
  @CsvSource({"250ms, 250", "2, 2000", "2.5, 2500", "2.5 s, 2500", "1m, 60000", "600, 600000"})
  void aTimeoutIsANumberAndAUnit(String text, long millis) {
    assertThat(caller("request-timeout", text).timeout()).hasValue(Duration.ofMillis(millis));
    assertThat(caller("X-Request-Timeout", text).timeout()).hasValue(Duration.ofMillis(millis));
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "x", "0", "-1", "601", "1h", "1e3", "0.1ms", "99999999999999999999"})
  void whatIsNoTimeIsRefused(String text) {
    assertThatThrownBy(() -> caller("Request-Timeout", text))
        .isInstanceOf(Refusal.class)
        .hasMessageContaining("'" + text + "'");
  }

  @ParameterizedTest
  @CsvSource({"250m, 250", "2S, 2000", "1M, 60000", "5000u, 5", "7000000n, 7", "99999999H, 600000"})
  void aTimeoutOfGrpcIsCutToTheLongest(String text, long millis) {
    assertThat(caller("grpc-timeout", text).timeout()).hasValue(Duration.ofMillis(millis));
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "1", "1s", "123456789S", "-1S", "1.5S"})
  void whatIsNoTimeoutOfGrpcIsRefused(String text) {
    assertThatThrownBy(() -> caller("grpc-timeout", text))
        .isInstanceOf(Refusal.class)
        .hasMessageStartingWith("grpc-timeout: '" + text + "'");
  }

  @Test
  void whatIsNotSaidHasADefault() {
    Caller caller = Caller.of(MultiMap.caseInsensitiveMultiMap(), LONGEST);

    assertThat(caller.tenant()).isEqualTo("default");
    assertThat(caller.correlationId()).isEmpty();
    assertThat(caller.traceparent()).isNull();
    assertThat(caller.timeout()).isEmpty();
  }
}
