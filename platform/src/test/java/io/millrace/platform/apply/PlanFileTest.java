package io.millrace.platform.apply;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.millrace.events.FailurePolicy;
import io.millrace.events.PlannedCall;
import io.millrace.events.ToolPlan;
import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PlanFileTest {
  private static final String ADVICE =
      """
      {"deadline": "5s", "calls": [
        {"name": "weather", "tool": "weather", "arguments": {"city": "Oslo"}, "timeout": "250ms"},
        {"name": "advice", "tool": "tool:advise", "after": ["weather"], "on_failure": "default",
         "default": {},
         "arguments": {"t": "${weather.temp_c}", "text": "it is ${weather.temp_c} degrees"}}]}
      """;

  @Test
  void everyKeyArrivesInThePlan() throws Exception {
    PlanFile file = PlanFile.parse("plan.json", ADVICE);

    assertThat(file.deadline()).isEqualTo(Duration.ofSeconds(5));
    PlannedCall weather = file.calls().get(0);
    assertThat(weather.getTarget()).isEqualTo("weather");
    assertThat(weather.getArguments()).isEqualTo("{\"city\":\"Oslo\"}");
    assertThat(weather.getTimeoutMs()).isEqualTo(250);
    assertThat(weather.getOnFailure()).isEqualTo(FailurePolicy.FAIL);
    PlannedCall advice = file.calls().get(1);
    assertThat(advice.getAfter()).containsExactly("weather");
    assertThat(advice.getOnFailure()).isEqualTo(FailurePolicy.DEFAULT);
    assertThat(advice.getDefaultOutput()).isEqualTo("{}");
    assertThat(advice.getArguments()).contains("${weather.temp_c}");
  }

  @Test
  void theDeadlineCountsFromWhenThePlanIsSent() throws Exception {
    Instant now = Instant.parse("2026-01-31T12:00:00Z");

    ToolPlan plan = PlanFile.parse("plan.json", ADVICE).toEvent("id-1", "acme", now);

    assertThat(plan.getId()).isEqualTo("id-1");
    assertThat(plan.getTenant()).isEqualTo("acme");
    assertThat(plan.getDeadlineAt()).isEqualTo(Instant.parse("2026-01-31T12:00:05Z"));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '^',
      value = {
        "{} | plan.json:1: calls: is missing",
        "{\"calls\": []} | calls: is empty",
        "[] | plan.json:1: expected keys and values, but a list is given",
        "{\"calls\": [{\"tool\": \"t\"}]} | calls[0].name: is missing",
        "{\"calls\": [{\"name\": \"a\"}]} | calls[0].tool: is missing",
        "{\"calls\": [{\"name\": \"a.b\", \"tool\": \"t\"}]} | but 'a.b' is given",
        "{\"calls\": [{\"name\": \"a\", \"tool\": \"t\", \"arguments\": [1]}]} | expected an object",
        "{\"calls\": [{\"name\": \"a\", \"tool\": \"t\", \"on_fail\": 1}]} | did you mean 'on_failure'?",
        "{\"calls\": [{\"name\": \"a\", \"tool\": \"t\", \"on_failure\": \"skp\"}]} | did you mean 'skip'?",
        "{\"calls\": [{\"name\": \"a\", \"tool\": \"t\", \"default\": 1}]} | is never taken",
        "{\"calls\": [{\"name\": \"a\", \"tool\": \"t\"}, {\"name\": \"a\", \"tool\": \"t\"}]} | 'a' is taken by the call on line 1",
        "{\"deadline\": 5, \"calls\": [{\"name\": \"a\", \"tool\": \"t\"}]} | deadline: expected a duration",
        "{\"calls\": [{\"name\": \"a\", \"name\": \"b\", \"tool\": \"t\"}]} | given twice",
        "{\"calls\": | plan.json:1: is not JSON",
        "{\"calls\": []} {} | has more after its end",
      })
  void aWrongPlanIsRefusedWithWhatWasExpected(String text, String message) {
    InvalidDocumentException refused =
        catchThrowableOfType(
            InvalidDocumentException.class, () -> PlanFile.parse("plan.json", text));

    assertThat(refused).hasMessageContaining(message);
  }

  @Test
  void whatIsNoListIsToldOnce() {
    InvalidDocumentException refused =
        catchThrowableOfType(
            InvalidDocumentException.class,
            () -> PlanFile.parse("plan.json", "{\"calls\": \"all\"}"));

    assertThat(refused.getMessage().lines().filter(line -> line.contains("a list"))).hasSize(1);
  }

  @Test
  void aDefaultMayBeLeftOutForNull() throws Exception {
    PlanFile file =
        PlanFile.parse(
            "plan.yaml", "calls: [{name: a, tool: t, on_failure: default, default: null}]");

    assertThat(file.calls().get(0).getDefaultOutput()).isNull();
    assertThat(file.calls().get(0).getArguments()).isEqualTo("{}");
  }
}
