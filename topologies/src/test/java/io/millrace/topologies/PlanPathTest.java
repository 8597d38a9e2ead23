package io.millrace.topologies;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.events.Cancel;
import io.millrace.events.ControlType;
import io.millrace.events.FailurePolicy;
import io.millrace.events.HealthSummary;
import io.millrace.events.Outcome;
import io.millrace.events.PlannedCall;
import io.millrace.events.PlannedResult;
import io.millrace.events.ServedBy;
import io.millrace.events.Task;
import io.millrace.events.ToolPlan;
import io.millrace.events.ToolPlanResult;
import io.millrace.events.ToolResult;
import io.millrace.schemas.identity.Ids;
import io.millrace.schemas.topics.Topics;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.assertj.core.groups.Tuple;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class PlanPathTest {
  private OperationsDriver driver;

  @BeforeEach
  void start() throws IOException {
    driver = new OperationsDriver();
    driver.register(OperationsDriver.tool("echo").setIdempotent(true).setAttemptsMax(1).build());
  }

  @AfterEach
  void stop() {
    driver.close();
  }

  private static PlannedCall call(String name, String arguments, String... after) {
    return PlannedCall.newBuilder()
        .setName(name)
        .setTarget("echo")
        .setArguments(arguments)
        .setAfter(List.of(after))
        .build();
  }

  private ToolPlan plan(PlannedCall... calls) {
    return ToolPlan.newBuilder().setId(driver.id()).setCalls(List.of(calls)).build();
  }

  private void send(ToolPlan plan) {
    driver.in(Topics.TOOL_PLANS).pipeInput(plan.getId(), plan);
  }

  private List<Task> tasks() {
    return driver.drain(driver.tasks());
  }

  private Task onlyTask() {
    List<Task> tasks = tasks();
    assertThat(tasks).hasSize(1);
    return tasks.get(0);
  }

  private ToolPlanResult onlyResult() {
    List<ToolPlanResult> results = driver.drain(Topics.TOOL_PLAN_RESULTS);
    assertThat(results).hasSize(1);
    return results.get(0);
  }

  @Test
  void healthLearnsFromPlansWhoseWorkRestsOnWhose() {
    driver.register(OperationsDriver.tool("find").build());
    driver.register(OperationsDriver.tool("sum").build());
    PlannedCall find = call("a", "{}");
    find.setTarget("find");
    PlannedCall unknown = call("b", "{}", "a");
    unknown.setTarget("nobody");
    PlannedCall sum = call("c", "{\"x\":\"${a}\"}", "b");
    sum.setTarget("sum");
    send(plan(find, unknown, sum, call("d", "{}", "c")));
    driver.advance(Duration.ofSeconds(5));
    assertThat(driver.drain(Topics.HEALTH_SUMMARIES))
        .filteredOn(summary -> !summary.getDependsOn().isEmpty())
        .extracting(HealthSummary::getTarget, HealthSummary::getDependsOn)
        .containsExactlyInAnyOrder(
            Tuple.tuple("tool:sum", Map.of("tool:find", 1L)),
            Tuple.tuple("tool:echo", Map.of("tool:sum", 1L)));
  }

  @Test
  void aPlanHasAsMuchTimeAsItHadWhenTheClockIsSetBack() throws Exception {
    ToolPlan plan = plan(call("a", "{}"));
    plan.setDeadlineAt(driver.now().plusSeconds(5));
    send(plan);
    driver.jump(Duration.ofHours(-1));
    send(plan(call("b", "{}")));
    driver.advance(Duration.ofMillis(4_900));
    assertThat(driver.drain(Topics.TOOL_PLAN_RESULTS)).isEmpty();
    driver.advance(Duration.ofMillis(200));
    assertThat(onlyResult().getOutcome()).isEqualTo(Outcome.DEADLINE_EXCEEDED);
  }

  @Test
  void callsThatDependOnNothingRunAtOnceAndReferencesWait() {
    send(
        plan(
            call("a", "{\"n\":1}"),
            call("b", "{\"n\":2}"),
            call("c", "{\"x\":\"${a.v}\",\"t\":\"got ${b.v}\"}"),
            call("d", "{}", "c")));
    List<Task> first = tasks();
    assertThat(first).extracting(Task::getArguments).containsExactly("{\"n\":1}", "{\"n\":2}");
    driver.done(first.get(1), Outcome.OK, "{\"v\":\"two\"}");
    assertThat(tasks()).isEmpty();
    driver.done(first.get(0), Outcome.OK, "{\"v\":[1]}");
    Task third = onlyTask();
    assertThat(third.getArguments()).isEqualTo("{\"x\":[1],\"t\":\"got two\"}");
    driver.done(third, Outcome.OK, "3");
    driver.done(onlyTask(), Outcome.OK, "4");
    ToolPlanResult result = onlyResult();
    assertThat(result.getOutcome()).isEqualTo(Outcome.OK);
    assertThat(result.getCalls())
        .extracting(PlannedResult::getOutput)
        .containsExactly("{\"v\":[1]}", "{\"v\":\"two\"}", "3", "4");
  }

  @Test
  void aResultOfAnotherOperationThatNamesThePlansCallIsNotTakenForIt() {
    ToolPlan plan = plan(call("a", "{}"));
    send(plan);
    Task task = onlyTask();
    driver
        .in(Topics.TOOL_RESULTS)
        .pipeInput(
            "k",
            ToolResult.newBuilder()
                .setOperationId(driver.id())
                .setParentId(plan.getId())
                .setParentCall("a")
                .setOutcome(Outcome.OK)
                .setServedBy(ServedBy.WORKER)
                .setOutput("\"forged\"")
                .build());
    assertThat(driver.drain(Topics.TOOL_PLAN_RESULTS)).isEmpty();
    driver.done(task, Outcome.OK, "\"true\"");
    assertThat(onlyResult().getCalls().get(0).getOutput()).isEqualTo("\"true\"");
  }

  @Test
  void aFailureOfTheOnlyCallFailsThePlan() {
    send(plan(call("a", "{}")));
    driver.done(onlyTask(), Outcome.TOOL_ERROR, null);
    ToolPlanResult result = onlyResult();
    assertThat(result.getOutcome()).isEqualTo(Outcome.TOOL_ERROR);
    assertThat(result.getFailure().getMessage()).contains("'a'");
  }

  @Test
  void aFailureUnderFailCancelsItsSiblingsAtTheWorkers() {
    send(plan(call("a", "{\"n\":1}"), call("b", "{\"n\":2}"), call("c", "{}", "a", "b")));
    List<Task> tasks = tasks();
    driver.done(tasks.get(0), Outcome.TOOL_ERROR, null);
    assertThat(onlyResult().getCalls())
        .extracting(PlannedResult::getOutcome)
        .containsExactly(Outcome.TOOL_ERROR, Outcome.CANCELLED, Outcome.SKIPPED);
    assertThat(driver.drain(Topics.TOOL_CONTROLS))
        .singleElement()
        .satisfies(
            control -> {
              assertThat(control.getType()).isEqualTo(ControlType.CANCEL);
              assertThat(control.getTaskId()).isEqualTo(tasks.get(1).getId());
            });
    assertThat(tasks()).isEmpty();
  }

  @Test
  void skippedCallsTakeTheirDependantsAlongAndDefaultsStepIn() {
    PlannedCall skip = call("skip", "{\"n\":1}");
    skip.setOnFailure(FailurePolicy.SKIP);
    PlannedCall instead = call("instead", "{\"n\":2}");
    instead.setOnFailure(FailurePolicy.DEFAULT);
    instead.setDefaultOutput("{\"v\":\"default\"}");
    send(
        plan(skip, instead, call("never", "{}", "skip"), call("then", "{\"x\":\"${instead.v}\"}")));
    for (Task task : tasks()) {
      driver.done(task, Outcome.TOOL_ERROR, null);
    }
    Task then = onlyTask();
    assertThat(then.getArguments()).isEqualTo("{\"x\":\"default\"}");
    driver.done(then, Outcome.OK, "1");
    ToolPlanResult result = onlyResult();
    assertThat(result.getOutcome()).isEqualTo(Outcome.OK);
    assertThat(result.getCalls())
        .extracting(PlannedResult::getOutcome)
        .containsExactly(Outcome.TOOL_ERROR, Outcome.TOOL_ERROR, Outcome.SKIPPED, Outcome.OK);
  }

  @Test
  void theDeadlineEndsThePlanAndItsCalls() {
    ToolPlan plan = plan(call("a", "{}"), call("b", "{}", "a"));
    plan.setDeadlineAt(driver.now().plusSeconds(2));
    send(plan);
    assertThat(onlyTask().getDeadlineAt()).isEqualTo(plan.getDeadlineAt());
    driver.advance(Duration.ofMillis(2_020));
    assertThat(onlyResult().getOutcome()).isEqualTo(Outcome.DEADLINE_EXCEEDED);
    assertThat(driver.drain(Topics.TOOL_CONTROLS)).hasSize(1);
  }

  @Test
  void aDeadlineAndTimeoutAtTheEndOfTimeAreTaken() {
    PlannedCall patient = call("a", "{}");
    patient.setTimeoutMs(Long.MAX_VALUE);
    ToolPlan plan = plan(patient);
    plan.setDeadlineAt(java.time.Instant.ofEpochMilli(Long.MAX_VALUE));
    send(plan);
    driver.advance(Duration.ofMillis(100));
    driver.done(onlyTask(), Outcome.OK, "1");
    assertThat(onlyResult().getOutcome()).isEqualTo(Outcome.OK);
  }

  @Test
  void aCancelledPlanReachesTheWorkers() {
    ToolPlan plan = plan(call("a", "{}"));
    send(plan);
    Task task = onlyTask();
    driver
        .in(Topics.TOOL_PLAN_CANCELS)
        .pipeInput(plan.getId(), Cancel.newBuilder().setOperationId(plan.getId()).build());
    assertThat(onlyResult().getOutcome()).isEqualTo(Outcome.CANCELLED);
    assertThat(driver.drain(Topics.TOOL_CONTROLS).get(0).getTaskId()).isEqualTo(task.getId());
  }

  @Test
  void aRepeatedPlanIdGetsTheFirstResultAndAnotherPlanUnderItIsRefused() {
    ToolPlan plan = plan(call("a", "{}"));
    send(plan);
    send(plan);
    driver.done(onlyTask(), Outcome.OK, "1");
    ToolPlanResult first = onlyResult();
    send(plan);
    assertThat(onlyResult()).isEqualTo(first);
    ToolPlan other = plan(call("b", "{}"));
    other.setId(plan.getId());
    send(other);
    assertThat(onlyResult().getFailure().getCode()).isEqualTo("OPERATION_ID_REUSED");
    assertThat(tasks()).isEmpty();
  }

  @Test
  void plansThatCannotBeRunAreRefusedAndRejected() {
    List<PlannedCall> tooMany = new ArrayList<>();
    for (int i = 0; i < 1_001; i++) {
      tooMany.add(call("c" + i, "{}"));
    }
    refused("PLAN_CYCLE", plan(call("a", "{}", "b"), call("b", "{}", "a")));
    refused("REFERENCE_DANGLING", plan(call("a", "{\"x\":\"${b}\"}")));
    refused("PLAN_INVALID", plan(tooMany.toArray(new PlannedCall[0])));
    refused("PLAN_INVALID", plan());
    ToolPlan late = plan(call("a", "{}"));
    late.setDeadlineAt(driver.now().minusSeconds(1));
    refused("DEADLINE_EXCEEDED", late);
    ToolPlan elsewhere = plan(call("a", "{}"));
    elsewhere.setReplyPartition(9);
    refused("REPLY_PARTITION_INVALID", elsewhere);
    assertThat(tasks()).isEmpty();
  }

  @Test
  void anAnswerThatWouldFindNoPlaceGoesByItsKey() {
    ToolPlan plan = plan(call("a", "{}"));
    send(plan);
    driver.done(onlyTask(), Outcome.OK, "1");
    onlyResult();
    ToolPlan astray = plan(call("b", "{}"));
    astray.setId(plan.getId());
    astray.setReplyPartition(9);
    send(astray);
    ToolPlanResult refused = onlyResult();
    assertThat(refused.getFailure().getCode()).isEqualTo("OPERATION_ID_REUSED");
    assertThat(refused.getReplyPartition()).isNull();
  }

  @Test
  void whatIsTooLongToBeSaidAgainIsRefused() {
    String huge = "x".repeat(3 << 20);
    ToolPlan tenant = plan(call("a", "{}"));
    tenant.setTenant(huge);
    refused("TENANT_INVALID", tenant);
    ToolPlan context = plan(call("a", "{}"));
    context.setCorrelationId(huge);
    refused("CONTEXT_TOO_LARGE", context);
    refused("PLAN_TOO_LARGE", plan(call("a", "{\"x\":\"" + "x".repeat((4 << 20) - 500) + "\"}")));
    refused("PLAN_INVALID", plan(call(huge, "{}")));
    refused("REFERENCE_DANGLING", plan(call("a", "{\"x\":\"${" + huge + "}\"}")));
  }

  @Test
  void anIdThatNoAnswerCanBeGivenUnderIsRejectedOnly() {
    ToolPlan plan = plan(call("a", "{}"));
    plan.setId("x".repeat(3 << 20));
    send(plan);
    assertThat(driver.drain(Topics.TOOL_PLAN_RESULTS)).isEmpty();
    assertThat(driver.drain(Topics.REJECTIONS))
        .singleElement()
        .satisfies(
            rejection -> {
              assertThat(rejection.getReason()).isEqualTo("ID_INVALID");
              assertThat(rejection.getOperationId()).hasSizeLessThan(1_000);
            });
  }

  private void refused(String code, ToolPlan plan) {
    send(plan);
    ToolPlanResult result = onlyResult();
    assertThat(result.getFailure().getCode()).isEqualTo(code);
    assertThat(result.toString()).hasSizeLessThan(10_000);
    assertThat(driver.drain(Topics.REJECTIONS))
        .singleElement()
        .extracting("reason")
        .isEqualTo(code);
  }

  @Test
  void anIdFromTheFutureDoesNotMakeTheAnswersOfOthersForgotten() {
    ToolPlan plan = plan(call("a", "{}"));
    send(plan);
    driver.done(onlyTask(), Outcome.OK, "1");
    ToolPlanResult first = onlyResult();
    ToolPlan future = plan(call("a", "{}"));
    future.setId(Ids.v7(driver.now().plus(Duration.ofDays(3650)).toEpochMilli(), driver.random));
    refused("ID_FROM_THE_FUTURE", future);
    send(plan);
    assertThat(onlyResult()).isEqualTo(first);
  }

  @Test
  void aPlanGoesOnAfterARestartUnderTheSameIds() {
    send(plan(call("a", "{\"n\":1}"), call("b", "{\"n\":2}"), call("c", "{\"x\":\"${a}\"}")));
    List<Task> tasks = tasks();
    driver.done(tasks.get(0), Outcome.OK, "7");
    Task third = onlyTask();
    driver.drain(Topics.TOOL_RESULTS);
    driver.restart();
    driver.advance(Duration.ofMillis(20));
    assertThat(tasks()).isEmpty();
    driver.done(third, Outcome.OK, "8");
    driver.done(tasks.get(1), Outcome.OK, "9");
    ToolPlanResult result = onlyResult();
    assertThat(result.getCalls())
        .extracting(PlannedResult::getOutput)
        .containsExactly("7", "9", "8");
  }

  @Test
  void aPlanWhoseDeadlinePassedWhileItsTaskWasAwayIsAnsweredWithoutNewCalls() {
    ToolPlan plan = plan(call("a", "{}"), call("b", "{}", "a"));
    plan.setDeadlineAt(driver.now().plusSeconds(2));
    send(plan);
    onlyTask();
    driver.away(Duration.ofSeconds(30));
    driver.restart();
    driver.advance(Duration.ofMillis(20));
    assertThat(onlyResult().getOutcome()).isEqualTo(Outcome.DEADLINE_EXCEEDED);
    assertThat(driver.drain(Topics.TOOL_RESULTS)).hasSize(1);
    assertThat(tasks()).isEmpty();
  }
}
