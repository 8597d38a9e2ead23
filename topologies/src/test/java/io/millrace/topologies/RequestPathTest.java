package io.millrace.topologies;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.events.AttemptPhase;
import io.millrace.events.Cancel;
import io.millrace.events.CircuitState;
import io.millrace.events.Control;
import io.millrace.events.ControlType;
import io.millrace.events.Failure;
import io.millrace.events.Outcome;
import io.millrace.events.Rejection;
import io.millrace.events.ServedBy;
import io.millrace.events.Task;
import io.millrace.events.ToolCall;
import io.millrace.events.ToolResult;
import io.millrace.schemas.identity.Fingerprint;
import io.millrace.schemas.identity.Ids;
import io.millrace.schemas.topics.Topics;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class RequestPathTest {
  private OperationsDriver driver;

  @BeforeEach
  void start() throws IOException {
    driver = new OperationsDriver();
  }

  @AfterEach
  void stop() {
    driver.close();
  }

  private Task onlyTask() {
    List<Task> tasks = driver.drain(driver.tasks());
    assertThat(tasks).hasSize(1);
    return tasks.get(0);
  }

  private ToolResult onlyResult() {
    List<ToolResult> results = driver.drain(Topics.TOOL_RESULTS);
    assertThat(results).hasSize(1);
    return results.get(0);
  }

  @Test
  void aCallBecomesATaskAndItsEndTheAnswer() {
    driver.register(OperationsDriver.tool("echo").setIdempotent(true).build());
    ToolCall call = driver.call("echo", "{\"a\":1}");
    driver.send(call);
    Task task = onlyTask();
    assertThat(task.getOperationId()).isEqualTo(call.getId());
    assertThat(task.getTarget()).isEqualTo("tool:echo");
    assertThat(task.getClaimRequired()).isFalse();
    driver.done(task, Outcome.OK, "{\"a\":1}");
    ToolResult result = onlyResult();
    assertThat(result.getOperationId()).isEqualTo(call.getId());
    assertThat(result.getOutcome()).isEqualTo(Outcome.OK);
    assertThat(result.getServedBy()).isEqualTo(ServedBy.WORKER);
    assertThat(result.getOutput()).isEqualTo("{\"a\":1}");
  }

  @Test
  void aRepeatedOperationIdGetsTheFirstResultAgain() {
    driver.register(OperationsDriver.tool("echo").setIdempotent(true).build());
    ToolCall call = driver.call("echo", "{\"a\":1}");
    driver.send(call);
    driver.send(call);
    driver.done(onlyTask(), Outcome.OK, "1");
    ToolResult first = onlyResult();
    driver.advance(Duration.ofMinutes(10));
    driver.send(call);
    assertThat(driver.drain(driver.tasks())).isEmpty();
    assertThat(onlyResult()).isEqualTo(first);
  }

  @Test
  void anOperationIdWithOtherContentIsRefused() {
    driver.register(OperationsDriver.tool("echo").setIdempotent(true).build());
    ToolCall call = driver.call("echo", "{\"a\":1}");
    driver.send(call);
    driver.done(onlyTask(), Outcome.OK, "1");
    driver.drain(Topics.TOOL_RESULTS);
    driver.send(ToolCall.newBuilder(call).setArguments("{\"a\":2}").build());
    ToolResult refused = onlyResult();
    assertThat(refused.getOutcome()).isEqualTo(Outcome.REFUSED);
    assertThat(refused.getFailure().getCode()).isEqualTo("OPERATION_ID_REUSED");
    assertThat(driver.drain(driver.tasks())).isEmpty();
  }

  @Test
  void anOldOperationIdIsRefusedAndNeverRun() {
    driver.register(OperationsDriver.tool("echo").setIdempotent(true).build());
    ToolCall call = driver.call("echo", "{}");
    call.setId(Ids.v7(driver.now().minus(Duration.ofMinutes(16)).toEpochMilli(), driver.random));
    driver.send(call);
    assertThat(onlyResult().getFailure().getCode()).isEqualTo("ID_TOO_OLD");
    assertThat(driver.drain(driver.tasks())).isEmpty();
  }

  @Test
  void equalCallsShareOneFlightAndThenTheCache() {
    driver.register(
        OperationsDriver.tool("echo").setIdempotent(true).setCacheTtlMs(60_000L).build());
    driver.send(driver.call("echo", "{\"b\":2,\"a\":1}"));
    driver.send(driver.call("tool:echo", "{ \"a\": 1, \"b\": 2 }"));
    driver.done(onlyTask(), Outcome.OK, "42");
    assertThat(driver.drain(Topics.TOOL_RESULTS))
        .extracting(ToolResult::getServedBy)
        .containsExactly(ServedBy.WORKER, ServedBy.FLIGHT);
    driver.send(driver.call("echo", "{\"a\":1,\"b\":2}"));
    ToolResult hit = onlyResult();
    assertThat(hit.getServedBy()).isEqualTo(ServedBy.CACHE);
    assertThat(hit.getOutput()).isEqualTo("42");
    driver.advance(Duration.ofSeconds(61));
    driver.send(driver.call("echo", "{\"a\":1,\"b\":2}"));
    assertThat(driver.drain(driver.tasks())).hasSize(1);
  }

  @Test
  void whatIsNotIdempotentIsNeverShared() {
    driver.register(OperationsDriver.tool("echo").setCacheTtlMs(60_000L).build());
    driver.send(driver.call("echo", "{}"));
    driver.send(driver.call("echo", "{}"));
    assertThat(driver.drain(driver.tasks())).hasSize(2);
  }

  @Test
  void aFailedAttemptIsRetriedWithBackoffIfIdempotent() {
    driver.register(OperationsDriver.tool("echo").setIdempotent(true).setAttemptsMax(3).build());
    driver.send(driver.call("echo", "{}"));
    for (int attempt = 1; attempt <= 2; attempt++) {
      Task task = onlyTask();
      assertThat(task.getAttempt()).isEqualTo(attempt);
      driver.done(task, Outcome.TOOL_ERROR, null);
      assertThat(driver.drain(Topics.TOOL_RESULTS)).isEmpty();
      driver.advance(Duration.ofMillis(400));
    }
    driver.done(onlyTask(), Outcome.TOOL_ERROR, null);
    ToolResult result = onlyResult();
    assertThat(result.getOutcome()).isEqualTo(Outcome.TOOL_ERROR);
    assertThat(result.getAttempts()).isEqualTo(3);
  }

  @Test
  void aFailedAttemptIsFinalIfNotIdempotent() {
    driver.register(OperationsDriver.tool("pay").build());
    driver.send(driver.call("pay", "{}"));
    Task task = onlyTask();
    assertThat(task.getClaimRequired()).isTrue();
    driver.done(task, Outcome.TOOL_ERROR, null);
    assertThat(onlyResult().getOutcome()).isEqualTo(Outcome.TOOL_ERROR);
  }

  @Test
  void theFirstClaimIsGrantedAndEveryOtherRefused() {
    driver.register(OperationsDriver.tool("pay").build());
    driver.send(driver.call("pay", "{}"));
    Task task = onlyTask();
    driver.say(driver.attempt(task, AttemptPhase.CLAIM).setClaimId("a").build());
    driver.say(driver.attempt(task, AttemptPhase.CLAIM).setClaimId("b").build());
    driver.say(driver.attempt(task, AttemptPhase.CLAIM).setClaimId("a").build());
    List<Control> controls = driver.drain(Topics.TOOL_CONTROLS);
    assertThat(controls)
        .extracting(Control::getType)
        .containsExactly(ControlType.GRANT, ControlType.CANCEL, ControlType.GRANT);
    assertThat(controls).extracting(Control::getClaimId).containsExactly("a", "b", "a");
  }

  @Test
  void aClaimedTaskThatFallsSilentHasAnUnknownOutcome() {
    driver.register(OperationsDriver.tool("pay").build());
    driver.send(driver.call("pay", "{}"));
    Task task = onlyTask();
    driver.say(driver.attempt(task, AttemptPhase.CLAIM).setClaimId("a").build());
    driver.advance(Duration.ofSeconds(2));
    driver.say(driver.attempt(task, AttemptPhase.RUNNING).setClaimId("a").build());
    driver.advance(Duration.ofMillis(2_900));
    assertThat(driver.drain(Topics.TOOL_RESULTS)).isEmpty();
    driver.advance(Duration.ofMillis(200));
    assertThat(onlyResult().getOutcome()).isEqualTo(Outcome.OUTCOME_UNKNOWN);
    driver.done(task, Outcome.OK, "late");
    assertThat(driver.drain(Topics.TOOL_RESULTS)).isEmpty();
    assertThat(driver.drain(driver.tasks())).isEmpty();
  }

  @Test
  void aClaimedTaskThatNeverBeginsIsSentAgain() {
    driver.register(OperationsDriver.tool("pay").build());
    driver.send(driver.call("pay", "{}"));
    Task task = onlyTask();
    driver.say(driver.attempt(task, AttemptPhase.CLAIM).setClaimId("a").build());
    driver.advance(Duration.ofMillis(2_900));
    assertThat(driver.drain(driver.tasks())).isEmpty();
    driver.advance(Duration.ofMillis(200));
    assertThat(onlyTask().getId()).isEqualTo(task.getId());
    assertThat(driver.drain(Topics.TOOL_RESULTS)).isEmpty();
  }

  @Test
  void anUnclaimedTaskThatFallsSilentIsSentAgain() {
    driver.register(OperationsDriver.tool("pay").build());
    driver.send(driver.call("pay", "{}"));
    Task first = onlyTask();
    driver.advance(Duration.ofSeconds(4));
    Task again = onlyTask();
    assertThat(again.getId()).isEqualTo(first.getId());
    assertThat(again.getSequence()).isGreaterThan(first.getSequence());
  }

  @Test
  void anOvertakenTaskIsLostAndTriedAgain() {
    driver.register(OperationsDriver.tool("echo").setIdempotent(true).build());
    driver.send(driver.call("echo", "{\"n\":1}"));
    Task lost = onlyTask();
    driver.send(driver.call("echo", "{\"n\":2}"));
    driver.done(onlyTask(), Outcome.OK, "2");
    driver.drain(Topics.TOOL_RESULTS);
    driver.advance(Duration.ofSeconds(5));
    List<Task> again = driver.drain(driver.tasks());
    assertThat(again).isNotEmpty();
    assertThat(again.get(again.size() - 1).getOperationId()).isEqualTo(lost.getOperationId());
    driver.done(again.get(again.size() - 1), Outcome.OK, "1");
    assertThat(onlyResult().getOutcome()).isEqualTo(Outcome.OK);
  }

  @Test
  void theDeadlineEndsACallAndCancelsItsTask() {
    driver.register(OperationsDriver.tool("echo").setIdempotent(true).build());
    ToolCall call = driver.call("echo", "{}");
    call.setDeadlineAt(driver.now().plusSeconds(2));
    driver.send(call);
    Task task = onlyTask();
    driver.advance(Duration.ofMillis(1_990));
    assertThat(driver.drain(Topics.TOOL_RESULTS)).isEmpty();
    driver.advance(Duration.ofMillis(20));
    assertThat(onlyResult().getOutcome()).isEqualTo(Outcome.DEADLINE_EXCEEDED);
    Control control = driver.drain(Topics.TOOL_CONTROLS).get(0);
    assertThat(control.getType()).isEqualTo(ControlType.CANCEL);
    assertThat(control.getTaskId()).isEqualTo(task.getId());
  }

  @Test
  void aCancelEndsACallWhateverItsKey() {
    driver.register(OperationsDriver.tool("echo").setIdempotent(true).build());
    ToolCall call = driver.call("echo", "{}");
    driver.send(call);
    driver
        .in(Topics.TOOL_CANCELS)
        .pipeInput(call.getId(), Cancel.newBuilder().setOperationId(call.getId()).build());
    assertThat(onlyResult().getOutcome()).isEqualTo(Outcome.CANCELLED);
  }

  @Test
  void anUnknownTargetIsWaitedForThenRefused() {
    driver.register(OperationsDriver.tool("other").build());
    driver.send(driver.call("echo", "{}"));
    driver.advance(Duration.ofMillis(500));
    driver.register(OperationsDriver.tool("echo").setIdempotent(true).build());
    driver.advance(Duration.ofMillis(100));
    assertThat(driver.drain(driver.tasks())).hasSize(1);
    driver.send(driver.call("nothing", "{}"));
    driver.advance(Duration.ofMillis(1_100));
    assertThat(onlyResult().getFailure().getCode()).isEqualTo("TARGET_UNKNOWN");
  }

  @Test
  void badRecordsGoToRejectionsWithTheirBytesAndTheNextGoesThrough() {
    driver.register(OperationsDriver.tool("echo").setIdempotent(true).build());
    byte[] garbage = {1, 2, 3};
    byte[] unknownSchema = {0, 0, 0, 99, 99, 1};
    driver.bytesIn(Topics.TOOL_CALLS).pipeInput("k", garbage);
    driver.bytesIn(Topics.TOOL_CALLS).pipeInput("k", unknownSchema);
    driver.bytesIn(Topics.TOOL_ATTEMPTS).pipeInput("k", garbage);
    driver.bytesIn(Topics.TOOL_RESULTS).pipeInput("k", garbage);
    driver.bytesIn(Topics.TOOL_PLANS).pipeInput("k", garbage);
    driver.bytesIn(Topics.TARGETS).pipeInput("tool:bad", garbage);
    List<Rejection> rejections = driver.drain(Topics.REJECTIONS);
    assertThat(rejections)
        .extracting(Rejection::getSourceTopic)
        .containsExactly("tool.calls", "tool.calls", "tool.attempts", "tool.results", "tool.plans");
    assertThat(rejections.get(0).getValueBytes().array()).isEqualTo(garbage);
    assertThat(rejections.get(1).getReason()).isEqualTo("SCHEMA_UNKNOWN");
    driver.send(driver.call("echo", "{}"));
    assertThat(driver.drain(driver.tasks())).hasSize(1);
  }

  @Test
  void argumentsThatViolateTheSchemaAreRefused() {
    driver.register(
        OperationsDriver.tool("echo")
            .setIdempotent(true)
            .setArgumentsSchema(
                "{\"type\":\"object\",\"required\":[\"q\"],\"properties\":{\"q\":{\"type\":\"string\"}}}")
            .build());
    driver.send(driver.call("echo", "{\"q\":1}"));
    assertThat(onlyResult().getFailure().getCode()).isEqualTo("ARGUMENTS_INVALID");
    assertThat(driver.drain(Topics.REJECTIONS)).hasSize(1);
    driver.send(driver.call("echo", "not json"));
    assertThat(onlyResult().getFailure().getCode()).isEqualTo("ARGUMENTS_INVALID");
    ToolCall elsewhere = driver.call("echo", "{\"q\":\"x\"}");
    elsewhere.setReplyPartition(17);
    driver.send(elsewhere);
    assertThat(onlyResult().getFailure().getCode()).isEqualTo("REPLY_PARTITION_INVALID");
    ToolCall late = driver.call("echo", "{\"q\":\"x\"}");
    late.setDeadlineAt(driver.now().minusSeconds(1));
    driver.send(late);
    assertThat(onlyResult().getOutcome()).isEqualTo(Outcome.DEADLINE_EXCEEDED);
    driver.send(driver.call("echo", "{\"q\":\"x\"}"));
    assertThat(driver.drain(driver.tasks())).hasSize(1);
  }

  @Test
  void aSchemaThatRefersToItselfWithoutEndRefusesItsOwnCallsOnly() {
    driver.register(
        OperationsDriver.tool("endless").setArgumentsSchema("{\"$ref\":\"#\"}").build());
    driver.register(OperationsDriver.tool("echo").build());

    driver.send(driver.call("endless", "{}"));

    assertThat(onlyResult().getFailure().getMessage()).contains("tool:endless", "without end");
    driver.send(driver.call("echo", "{}"));
    assertThat(driver.drain(driver.tasks())).hasSize(1);
  }

  @Test
  void theCircuitOpensFailsFastProbesAndCloses() {
    driver.register(OperationsDriver.tool("echo").setIdempotent(true).setAttemptsMax(1).build());
    for (int i = 0; i < 10; i++) {
      driver.send(driver.call("echo", "{}"));
      driver.say(
          driver
              .attempt(onlyTask(), AttemptPhase.DONE)
              .setOutcome(Outcome.TOOL_ERROR)
              .setFailure(new Failure("HTTP_503", "unavailable"))
              .build());
    }
    driver.drain(Topics.TOOL_RESULTS);
    driver.advance(Duration.ofMillis(500));
    driver.send(driver.call("echo", "{}"));
    assertThat(onlyResult().getOutcome()).isEqualTo(Outcome.CIRCUIT_OPEN);
    driver.advance(Duration.ofMillis(2_100));
    driver.send(driver.call("echo", "{\"probe\":1}"));
    driver.send(driver.call("echo", "{\"probe\":2}"));
    assertThat(onlyResult().getOutcome()).isEqualTo(Outcome.CIRCUIT_OPEN);
    driver.done(onlyTask(), Outcome.OK, "1");
    driver.advance(Duration.ofMillis(300));
    driver.drain(Topics.TOOL_RESULTS);
    driver.send(driver.call("echo", "{}"));
    driver.done(onlyTask(), Outcome.OK, "1");
    assertThat(onlyResult().getOutcome()).isEqualTo(Outcome.OK);
    assertThat(driver.drain(Topics.ALERTS))
        .extracting(alert -> alert.getType())
        .containsExactly("CIRCUIT_OPENED", "CIRCUIT_HALF_OPENED", "CIRCUIT_CLOSED");
    assertThat(driver.drain(Topics.HEALTH_STATUS))
        .last()
        .satisfies(
            status -> {
              assertThat(status.getCircuit()).isEqualTo(CircuitState.CLOSED);
              assertThat(status.getTotalToolErrors()).isEqualTo(10);
            });
  }

  @Test
  void whatIsTooLongToPassOnIsRefusedWithSmallRecords() {
    driver.register(
        OperationsDriver.tool("echo")
            .setIdempotent(true)
            .setArgumentsSchema("{\"type\":\"object\",\"additionalProperties\":false}")
            .build());
    String essay = "x".repeat(900_000);
    ToolCall longId = driver.call("echo", "{}");
    longId.setId(essay);
    driver.send(longId);
    assertThat(driver.drain(Topics.TOOL_RESULTS)).isEmpty();
    Rejection rejection = driver.drain(Topics.REJECTIONS).get(0);
    assertThat(rejection.getReason()).isEqualTo("ID_INVALID");
    assertThat(rejection.getOperationId()).hasSizeLessThan(1_000);
    ToolCall chatty = driver.call("echo", "{}");
    chatty.setCorrelationId(essay);
    driver.send(chatty);
    ToolResult refused = onlyResult();
    assertThat(refused.getFailure().getCode()).isEqualTo("CONTEXT_TOO_LARGE");
    assertThat(refused.getCorrelationId()).hasSizeLessThan(2_000);
    driver.send(driver.call("echo", "{\"" + essay + "\":1}"));
    ToolResult invalid = onlyResult();
    assertThat(invalid.getFailure().getCode()).isEqualTo("ARGUMENTS_INVALID");
    assertThat(invalid.getFailure().getMessage()).hasSizeLessThan(10_000);
  }

  @Test
  void aCacheableCallThatWaitedForItsTargetIsSharedWithEqualOnes() {
    driver.send(driver.call("echo", "{}"));
    driver.register(
        OperationsDriver.tool("echo").setIdempotent(true).setCacheTtlMs(60_000L).build());
    driver.advance(Duration.ofMillis(100));
    driver.send(driver.call("echo", "{}"));
    driver.done(onlyTask(), Outcome.OK, "1");
    assertThat(driver.drain(Topics.TOOL_RESULTS)).hasSize(2);
    assertThat(driver.out(Topics.TOOL_CALLS_ROUTED).readKeyValuesToList())
        .last()
        .satisfies(
            routed ->
                assertThat(routed.key)
                    .isEqualTo(Fingerprint.ofWork("default", "tool:echo", "1", "{}")));
  }
}
