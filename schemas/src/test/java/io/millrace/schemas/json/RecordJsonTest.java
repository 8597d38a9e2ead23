package io.millrace.schemas.json;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.millrace.events.Outcome;
import io.millrace.events.Rejection;
import io.millrace.events.ToolCall;
import io.millrace.events.ToolPlan;
import io.millrace.events.ToolResult;
import java.time.Instant;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class RecordJsonTest {
  private static final ObjectMapper JSON = new ObjectMapper();

  @Test
  void threeFieldsMakeAToolCallAndTheRestAreDefaults() throws Exception {
    ToolCall call =
        RecordJson.fromJson(
            json("{\"id\": \"1\", \"target\": \"search\", \"arguments\": \"{}\"}"), ToolCall.class);

    assertThat(call)
        .isEqualTo(ToolCall.newBuilder().setId("1").setTarget("search").setArguments("{}").build());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "1769860800000",
        "\"2026-01-31T12:00:00Z\"",
        "\"2026-01-31T12:00:00.000Z\"",
        "\"2026-01-31T13:00:00+01:00\""
      })
  void timesAreAcceptedAsIsoOrMilliseconds(String time) throws Exception {
    ToolResult result =
        RecordJson.fromJson(json("{\"occurred_at\": " + time + "}"), ToolResult.class);

    assertThat(result.getOccurredAt()).isEqualTo(Instant.parse("2026-01-31T12:00:00Z"));
  }

  @Test
  void unionsAreUnwrappedAndTimesAreIso() {
    JsonNode node =
        RecordJson.toJson(
            ToolResult.newBuilder()
                .setOccurredAt(Instant.parse("2026-01-31T12:00:00Z"))
                .setOutcome(Outcome.OK)
                .setOutput("{\"a\":1}")
                .build());

    assertThat(node.path("occurred_at").textValue()).isEqualTo("2026-01-31T12:00:00Z");
    assertThat(node.path("outcome").textValue()).isEqualTo("OK");
    assertThat(node.path("output").textValue()).isEqualTo("{\"a\":1}");
    assertThat(node.path("failure").isNull()).isTrue();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '^',
      value = {
        "{\"target\": \"a\", \"arguments\": \"{}\"} | id: is missing and has no default",
        "{\"id\": 1, \"target\": \"a\", \"arguments\": \"{}\"} | id: expected text, but 1 is given",
        "{\"id\": null, \"target\": \"a\", \"arguments\": \"{}\"} | id: expected text, but null",
        "{\"id\": \"1\", \"taget\": \"a\"} | taget: is no field of ToolCall; did you mean 'target'?",
        "{\"id\": \"1\", \"target\": \"a\", \"arguments\": {}} | is written as a string",
        "{\"id\": \"1\", \"reply_partition\": 5000000000} | a whole number of 32 bits",
        "{\"id\": \"1\", \"occurred_at\": \"noon\"} | a time such as 2026-01-31T12:00:00Z",
        "{\"id\": \"1\", \"occurred_at\": 1.5} | a time such as 2026-01-31T12:00:00Z",
        "[] | the record: expected an object with the fields of ToolCall",
      })
  void aWrongCallIsRefusedWithThePathOfItsField(String text, String message) throws Exception {
    JsonNode node = json(text);

    assertThat(
            catchThrowableOfType(
                RecordJsonException.class, () -> RecordJson.fromJson(node, ToolCall.class)))
        .hasMessageContaining(message);
  }

  @Test
  void aWrongFieldOfANestedRecordIsNamedByItsPath() throws Exception {
    JsonNode node = json("{\"id\": \"1\", \"calls\": [{\"name\": \"a\", \"on_failure\": \"X\"}]}");

    assertThat(
            catchThrowableOfType(
                    RecordJsonException.class, () -> RecordJson.fromJson(node, ToolPlan.class))
                .problems())
        .containsExactlyInAnyOrder(
            "calls[0].target: is missing and has no default",
            "calls[0].on_failure: expected one of UNKNOWN, FAIL, SKIP, DEFAULT, but \"X\" is given");
  }

  @Test
  void whatIsNoNumberIsText() throws Exception {
    ToolResult result =
        RecordJson.fromJson(json("{\"run_ms\": \"NaN\", \"latency_ms\": 3}"), ToolResult.class);

    assertThat(result.getRunMs()).isNaN();
    assertThat(result.getLatencyMs()).isEqualTo(3.0);
    assertThat(RecordJson.toJson(result).path("run_ms").textValue()).isEqualTo("NaN");
  }

  @Test
  void bytesThatAreNotBase64AreRefused() throws Exception {
    String field =
        Rejection.getClassSchema().getFields().stream()
            .filter(f -> f.schema().toString().contains("\"bytes\""))
            .findFirst()
            .orElseThrow()
            .name();
    JsonNode node = json("{\"" + field + "\": \"§\"}");

    assertThat(
            catchThrowableOfType(
                RecordJsonException.class, () -> RecordJson.fromJson(node, Rejection.class)))
        .hasMessageContaining(field + ": expected base64");
  }

  private static JsonNode json(String text) throws Exception {
    return JSON.readTree(text);
  }
}
