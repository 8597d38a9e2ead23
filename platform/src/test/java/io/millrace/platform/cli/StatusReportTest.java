package io.millrace.platform.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.millrace.events.CircuitState;
import io.millrace.events.FailurePattern;
import io.millrace.events.FailurePatternReport;
import io.millrace.events.HealthState;
import io.millrace.events.HealthStatus;
import io.millrace.events.ScalingDecision;
import io.millrace.events.ScalingPolicy;
import io.millrace.events.TargetSpec;
import io.millrace.schemas.serde.AvroSafety;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import picocli.CommandLine.Help;

/** Holds what a person reads of failure patterns and scaling. */
class StatusReportTest {
  private static final Instant NOW = Instant.parse("2026-01-01T00:10:00Z");

  @BeforeAll
  static void avro() {
    AvroSafety.establish();
  }

  private static FailurePatternReport pattern(
      FailurePattern pattern, String blamed, String reason) {
    return FailurePatternReport.newBuilder()
        .setPattern(pattern)
        .setOnsetAt(NOW)
        .setRaisedAt(NOW)
        .setConfidence(0.99)
        .setBlamed(blamed)
        .setReason(reason)
        .build();
  }

  private static HealthStatus health(String target, FailurePatternReport... patterns) {
    return HealthStatus.newBuilder()
        .setTarget(target)
        .setState(HealthState.DEGRADED)
        .setCircuit(CircuitState.OPEN)
        .setReason("12 of 20 failed")
        .setPatterns(List.of(patterns))
        .build();
  }

  private static ScalingDecision.Builder decision(String pool) {
    return ScalingDecision.newBuilder()
        .setPool(pool)
        .setOccurredAt(NOW.minusSeconds(20))
        .setReplicas(7)
        .setReplicasMin(2)
        .setReplicasMax(50)
        .setObservedPerS(12.5)
        .setForecastPerS(14.25)
        .setReason("the rate decides")
        .setRejectedReplicas(-1);
  }

  private static StatusReport report(
      Map<String, HealthStatus> health, ScalingDecision... decisions) {
    TargetSpec pool =
        TargetSpec.newBuilder()
            .setTarget("pool:gpu")
            .setScaling(ScalingPolicy.newBuilder().build())
            .build();
    Map<String, ScalingDecision> scaling = new java.util.TreeMap<>();
    for (ScalingDecision decision : decisions) {
      scaling.put(decision.getPool(), decision);
    }
    return new StatusReport(
        new Addresses("b:1", "http://r:2", null),
        Map.of("pool:gpu", pool),
        health,
        Map.of(),
        scaling,
        Map.of(),
        List.of(),
        0);
  }

  private static List<String> lines(StatusReport report) {
    StringWriter text = new StringWriter();
    report.print(new PrintWriter(text), Help.Ansi.OFF, 400, NOW);
    return text.toString().lines().toList();
  }

  private static String lineOf(StatusReport report, String first) {
    return lines(report).stream().filter(line -> line.startsWith(first)).findFirst().orElse("");
  }

  @Test
  void patternsStandBeforeTheCircuitsReasonAndSayWhomTheyBlame() {
    StatusReport report =
        report(
            Map.of(
                "tool:a",
                health(
                    "tool:a",
                    pattern(FailurePattern.CASCADING, "tool:b", "fails since tool:b is ill"),
                    pattern(FailurePattern.SLOW_DEGRADATION, "tool:a", "rises by 2 % a minute"))));

    assertThat(lineOf(report, "tool:a"))
        .contains("DEGRADED", "OPEN")
        .endsWith(
            "CASCADING from tool:b: fails since tool:b is ill;"
                + " SLOW_DEGRADATION: rises by 2 % a minute; 12 of 20 failed");
    ObjectNode json = report.json(NOW);
    assertThat(json.at("/targets/0/health/patterns/0/pattern").asText()).isEqualTo("CASCADING");
    assertThat(json.at("/targets/0/health/patterns/0/blamed").asText()).isEqualTo("tool:b");
  }

  @Test
  void aDecisionShowsForecastBoundsAndWhatWasRejected() {
    StatusReport report =
        report(
            Map.of(), decision("gpu").setRejectedReplicas(5).setRejectedReason("not yet").build());

    assertThat(lineOf(report, "gpu").split(" {2,}"))
        .containsExactly("gpu", "7", "2 to 50", "12.5", "14.3", "the rate decides; not 5: not yet");
    assertThat(report.json(NOW).at("/scaling/0/replicas").asInt()).isEqualTo(7);
    assertThat(report.json(NOW).at("/scaling/0/rejected_reason").asText()).isEqualTo("not yet");
  }

  @Test
  void aPanicAndADecisionThatIsOldAreSaid() {
    ScalingDecision panic = decision("gpu").setPanic(true).build();
    ScalingDecision old = decision("gpu").setOccurredAt(NOW.minusSeconds(200)).build();

    assertThat(lineOf(report(Map.of(), panic), "gpu")).endsWith("PANIC: the rate decides");
    assertThat(lineOf(report(Map.of(), old), "gpu")).endsWith("said 200 s ago: the rate decides");
  }

  @Test
  void aPoolThatIsScaledNoLongerIsNotShown() {
    List<String> lines = lines(report(Map.of(), decision("gone").build()));

    assertThat(lines).noneMatch(line -> line.startsWith("gone"));
    assertThat(lines).anyMatch(line -> line.startsWith("SCALED POOLS: none"));
  }
}
