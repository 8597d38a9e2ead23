package io.millrace.topologies;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.events.Alert;
import io.millrace.events.CircuitState;
import io.millrace.events.Failure;
import io.millrace.events.FailurePattern;
import io.millrace.events.FailurePatternReport;
import io.millrace.events.HealthState;
import io.millrace.events.HealthStatus;
import io.millrace.events.InferenceResult;
import io.millrace.events.Outcome;
import io.millrace.events.PeerReceipt;
import io.millrace.events.PipelineRun;
import io.millrace.events.ServedBy;
import io.millrace.events.TargetKind;
import io.millrace.events.ToolCall;
import io.millrace.events.ToolResult;
import io.millrace.events.ToolStep;
import io.millrace.events.TrainingStep;
import io.millrace.schemas.topics.InferenceTopics;
import io.millrace.schemas.topics.MeshTopics;
import io.millrace.schemas.topics.PipelineTopics;
import io.millrace.schemas.topics.Topic;
import io.millrace.schemas.topics.Topics;
import io.millrace.schemas.topics.TrainingTopics;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.apache.avro.specific.SpecificRecord;
import org.apache.kafka.streams.test.TestRecord;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class HealthPathTest {
  private static final Failure FAILURE = new Failure("E_1", "it broke");
  private OperationsDriver driver;

  @BeforeEach
  void start() throws IOException {
    driver = new OperationsDriver();
  }

  @AfterEach
  void stop() {
    driver.close();
  }

  private static @Nullable Failure failure(Outcome outcome) {
    return outcome == Outcome.OK ? null : FAILURE;
  }

  private <T extends SpecificRecord> void reportAndExpect(
      Topic<T> topic, String target, TargetKind kind, Function<Outcome, T> event) {
    for (int i = 0; i < 30; i++) {
      driver.in(topic).pipeInput(target, event.apply(Outcome.OK));
    }
    driver.in(topic).pipeInput(target, event.apply(Outcome.TOOL_ERROR));
    driver.in(topic).pipeInput(target, event.apply(Outcome.TIMEOUT));
    driver.advance(Duration.ofMillis(700));
    HealthStatus status = last();
    assertThat(status.getTarget()).isEqualTo(target);
    assertThat(status.getKind()).isEqualTo(kind);
    assertThat(status.getTotal()).isEqualTo(32);
    assertThat(status.getTotalOk()).isEqualTo(30);
    assertThat(status.getTotalToolErrors()).isEqualTo(1);
    assertThat(status.getTotalTimeouts()).isEqualTo(1);
    assertThat(status.getErrorsByCode()).containsEntry("E_1", 2L);
    assertThat(status.getState()).isEqualTo(HealthState.HEALTHY);
    assertThat(status.getP50Ms()).isBetween(11.8, 12.2);
    for (int i = 0; i < 40; i++) {
      driver.in(topic).pipeInput(target, event.apply(Outcome.TOOL_ERROR));
    }
    driver.advance(Duration.ofMillis(500));
    assertThat(last().getCircuit()).isEqualTo(CircuitState.OPEN);
    assertThat(driver.drain(Topics.ALERTS))
        .singleElement()
        .satisfies(
            alert -> {
              assertThat(alert.getTarget()).isEqualTo(target);
              assertThat(alert.getType()).isEqualTo("CIRCUIT_OPENED");
            });
  }

  private HealthStatus last() {
    List<HealthStatus> statuses = driver.drain(Topics.HEALTH_STATUS);
    assertThat(statuses).isNotEmpty();
    return statuses.get(statuses.size() - 1);
  }

  private void step(String conversation, String target, double millis) {
    driver
        .in(Topics.TOOL_STEPS)
        .pipeInput(
            conversation,
            ToolStep.newBuilder()
                .setId(driver.id())
                .setCorrelationId(conversation)
                .setOccurredAt(driver.now())
                .setTarget(target)
                .setArguments("{}")
                .setLatencyMs(millis)
                .build());
  }

  @Test
  void aTargetThatNobodyDeclaredIsForgottenAfterAWeekOfSilence() throws Exception {
    driver.register(OperationsDriver.tool("kept").build());
    receipt("peer:gone");
    receipt("tool:kept");
    driver.advance(Duration.ofMillis(700));
    driver.drain(Topics.HEALTH_STATUS);

    driver.jump(Duration.ofDays(8));
    receipt("peer:here");
    driver.advance(Duration.ofSeconds(61));

    assertThat(driver.out(Topics.HEALTH_STATUS).readRecordsToList())
        .filteredOn(record -> record.value() == null)
        .extracting(TestRecord::key)
        .containsExactly("peer:gone");
  }

  private void receipt(String target) {
    driver
        .in(MeshTopics.RECEIPTS)
        .pipeInput(
            "m",
            PeerReceipt.newBuilder()
                .setTarget(target)
                .setOutcome(Outcome.OK)
                .setOccurredAt(driver.now())
                .build());
  }

  @Test
  void conversationsShowWhoseWorkRestsOnWhoseWhereverTheirCallsWere() {
    driver.register(OperationsDriver.tool("find").build());
    driver.register(OperationsDriver.tool("agent").build());
    step("talk", "tool:nobody", 1);
    step("talk", "find", 20);
    driver.advance(Duration.ofMillis(30));
    step("other", "tool:agent", 100);
    step("talk", "tool:agent", 100);
    step("talk", "tool:agent", Double.NaN);
    driver.advance(Duration.ofSeconds(5));
    assertThat(driver.drain(Topics.HEALTH_SUMMARIES))
        .filteredOn(summary -> !summary.getDependsOn().isEmpty())
        .singleElement()
        .satisfies(
            summary -> {
              assertThat(summary.getTarget()).isEqualTo("tool:agent");
              assertThat(summary.getDependsOn()).isEqualTo(Map.of("tool:find", 1L));
            });
  }

  @Test
  void callsOfAConversationAreReportedToIt() {
    driver.register(OperationsDriver.tool("find").setIdempotent(true).build());
    for (String conversation : List.of("talk", "")) {
      ToolCall call = driver.call("find", "{}");
      call.setCorrelationId(conversation);
      driver.send(call);
      driver.advance(Duration.ofMillis(40));
      driver.drain(driver.tasks()).forEach(task -> driver.done(task, Outcome.OK, "1"));
    }
    assertThat(driver.drain(Topics.TOOL_STEPS))
        .singleElement()
        .returns("talk", ToolStep::getCorrelationId)
        .returns("tool:find", ToolStep::getTarget)
        .satisfies(step -> assertThat(step.getLatencyMs()).isBetween(40.0, 50.0));
  }

  @Test
  void healthGoesOnAfterTheClockWasSetBack() throws Exception {
    driver.register(OperationsDriver.tool("echo").setIdempotent(true).setAttemptsMax(1).build());
    fail(20);
    driver.advance(Duration.ofMillis(500));
    assertThat(last().getCircuit()).isEqualTo(CircuitState.OPEN);
    driver.jump(Duration.ofHours(-1));
    fail(1);
    driver.advance(Duration.ofSeconds(3));
    assertThat(last().getCircuit()).isEqualTo(CircuitState.HALF_OPEN);
  }

  /** Calls of echo that fail; what folds them is brought to what merges them. */
  private void fail(int calls) {
    for (int i = 0; i < calls; i++) {
      driver.send(driver.call("echo", "{}"));
      driver.drain(driver.tasks()).forEach(task -> driver.done(task, Outcome.TOOL_ERROR, null));
    }
    driver.advance(Duration.ofMillis(200));
  }

  @Test
  void toolResultsThatOutsidersReportCount() {
    reportAndExpect(
        Topics.TOOL_RESULTS,
        "tool:search",
        TargetKind.TOOL,
        outcome ->
            ToolResult.newBuilder()
                .setTarget("search")
                .setServedBy(ServedBy.EXTERNAL)
                .setOutcome(outcome)
                .setFailure(failure(outcome))
                .setLatencyMs(12)
                .setOccurredAt(driver.now())
                .build());
  }

  @Test
  void inferenceResultsThatOutsidersReportCount() {
    reportAndExpect(
        InferenceTopics.RESULTS,
        "model:sentiment@3",
        TargetKind.MODEL,
        outcome ->
            InferenceResult.newBuilder()
                .setTarget("model:sentiment@3")
                .setServedBy(ServedBy.EXTERNAL)
                .setOutcome(outcome)
                .setFailure(failure(outcome))
                .setLatencyMs(12)
                .build());
  }

  @Test
  void peerReceiptsCount() {
    reportAndExpect(
        MeshTopics.RECEIPTS,
        "peer:agent-7",
        TargetKind.PEER,
        outcome ->
            PeerReceipt.newBuilder()
                .setTarget("peer:agent-7")
                .setOutcome(outcome)
                .setFailure(failure(outcome))
                .setLatencyMs(12)
                .build());
  }

  @Test
  void trainingStepsCount() {
    reportAndExpect(
        TrainingTopics.STEPS,
        "training:run-12",
        TargetKind.TRAINING,
        outcome ->
            TrainingStep.newBuilder()
                .setTarget("training:run-12")
                .setOutcome(outcome)
                .setFailure(failure(outcome))
                .setLatencyMs(12)
                .build());
  }

  @Test
  void pipelineRunsCount() {
    reportAndExpect(
        PipelineTopics.RUNS,
        "pipeline:main",
        TargetKind.PIPELINE,
        outcome ->
            PipelineRun.newBuilder()
                .setTarget("pipeline:main")
                .setOutcome(outcome)
                .setFailure(failure(outcome))
                .setLatencyMs(12)
                .build());
  }

  @Test
  void aPatternIsAnAlertAndStandsInTheStatusAcrossARestart() {
    for (int i = 0; i < 100; i++) {
      reportFailures(5);
      driver.advance(Duration.ofSeconds(1));
    }
    assertThat(driver.drain(Topics.ALERTS))
        .filteredOn(alert -> alert.getType().equals("PATTERN_PERSISTENT"))
        .singleElement()
        .satisfies(
            alert -> {
              assertThat(alert.getTarget()).isEqualTo("training:run-12");
              assertThat(alert.getEvidence())
                  .containsEntry("blamed", "training:run-12")
                  .containsKeys("onset_at", "confidence", "failed");
            });
    assertThat(last().getPatterns())
        .extracting(FailurePatternReport::getPattern)
        .containsExactly(FailurePattern.PERSISTENT);

    driver.restart();
    reportFailures(5);
    driver.advance(Duration.ofSeconds(20));
    assertThat(last().getPatterns()).hasSize(1);
    assertThat(driver.drain(Topics.ALERTS))
        .extracting(Alert::getType)
        .doesNotContain("PATTERN_PERSISTENT", "PATTERN_PERSISTENT_OVER");
  }

  private void report(int seconds, int ok, int failed) {
    for (int i = 0; i < seconds; i++) {
      reportSteps(ok, Outcome.OK);
      reportSteps(failed, Outcome.TOOL_ERROR);
      driver.advance(Duration.ofSeconds(1));
    }
  }

  /** A target of which one attempt in sixteen always fails gets worse after it. */
  private List<String> patternsAfter(Runnable healthy) {
    report(200, 15, 1);
    driver.drain(Topics.ALERTS);
    healthy.run();
    report(120, 8, 2);
    return driver.drain(Topics.ALERTS).stream().map(Alert::getType).toList();
  }

  @Test
  void whatIsHealthyForATargetOutlivesARestart() {
    assertThat(patternsAfter(driver::restart)).isEmpty();
  }

  @Test
  void whatWasLearntAndCannotBeReadIsDroppedAndSaid() {
    assertThat(
            patternsAfter(
                () -> {
                  driver.memory("health-memory").put("training:run-12", new byte[] {1, 2, 3, 4, 5});
                  driver.restart();
                }))
        .containsOnlyOnce("HEALTH_MEMORY_DROPPED", "PATTERN_INTERMITTENT");
  }

  private void reportFailures(int failures) {
    reportSteps(failures, Outcome.TOOL_ERROR);
  }

  private void reportSteps(int steps, Outcome outcome) {
    for (int i = 0; i < steps; i++) {
      driver
          .in(TrainingTopics.STEPS)
          .pipeInput(
              "run-12",
              TrainingStep.newBuilder()
                  .setTarget("training:run-12")
                  .setOutcome(outcome)
                  .setFailure(failure(outcome))
                  .setLatencyMs(12)
                  .setOccurredAt(driver.now())
                  .build());
    }
  }

  @Test
  void hitsJoinsAndRefusalsMoveNoCircuit() {
    for (ServedBy servedBy : List.of(ServedBy.CACHE, ServedBy.FLIGHT, ServedBy.DISPATCH)) {
      for (int i = 0; i < 20; i++) {
        driver
            .in(Topics.TOOL_RESULTS)
            .pipeInput(
                "k",
                ToolResult.newBuilder()
                    .setTarget("search")
                    .setServedBy(servedBy)
                    .setOutcome(Outcome.TOOL_ERROR)
                    .build());
      }
    }
    driver.advance(Duration.ofMillis(700));
    assertThat(driver.drain(Topics.HEALTH_STATUS)).isEmpty();
  }
}
