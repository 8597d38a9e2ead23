package io.millrace.topologies.plan.logic;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.events.Cancel;
import io.millrace.events.Outcome;
import io.millrace.events.PlannedCall;
import io.millrace.events.PlannedResult;
import io.millrace.events.ServedBy;
import io.millrace.events.TargetSpec;
import io.millrace.events.ToolCall;
import io.millrace.events.ToolPlan;
import io.millrace.events.ToolResult;
import io.millrace.schemas.identity.Fingerprint;
import io.millrace.schemas.identity.Ids;
import io.millrace.schemas.serde.AvroSafety;
import io.millrace.topologies.plan.logic.RunningPlan.Keyed;
import io.millrace.topologies.targets.TargetTable;
import java.time.Instant;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class RunningPlanTest {
  private static final long NOW = Instant.parse("2026-01-01T00:00:00Z").toEpochMilli();
  private static final int HOME = 3;

  static {
    AvroSafety.establish();
  }

  private final TargetTable targets = new TargetTable();
  private final ToolPlan plan =
      ToolPlan.newBuilder().setId(Ids.v7(NOW, new Random(7))).setCalls(List.of()).build();

  private RunningPlan start(PlannedCall... calls) throws PlanInvalid {
    plan.setCalls(List.of(calls));
    return new RunningPlan(RunningPlan.arrived(plan, NOW), targets, HOME);
  }

  private static PlannedCall call(String name, String... after) {
    return PlannedCall.newBuilder()
        .setName(name)
        .setTarget("echo")
        .setArguments("{}")
        .setAfter(List.of(after))
        .build();
  }

  private ToolResult result(String operationId, String call, String output) {
    return ToolResult.newBuilder()
        .setOperationId(operationId)
        .setParentId(plan.getId())
        .setParentCall(call)
        .setOutcome(Outcome.OK)
        .setServedBy(ServedBy.WORKER)
        .setOutput(output)
        .build();
  }

  @Test
  void aCallIsAnsweredAtHomeUnderAnIdThatIsDerived() throws PlanInvalid {
    Keyed<ToolCall> made = start(call("a")).start(NOW).get(0);
    assertThat(made.record().getId()).isEqualTo(Ids.part(plan.getId(), "a"));
    assertThat(made.record().getReplyPartition()).isEqualTo(HOME);
    assertThat(made.record().getTarget()).isEqualTo("tool:echo");
    assertThat(made.fingerprint()).isEqualTo(Fingerprint.ofOperation(made.record().getId()));
    assertThat(start(call("a")).start(NOW + 5).get(0).record().getId())
        .isEqualTo(made.record().getId());
  }

  @Test
  void aCallOfACacheableTargetIsKeyedByItsWork() throws PlanInvalid {
    targets.put(
        "tool:echo",
        TargetSpec.newBuilder()
            .setTarget("tool:echo")
            .setName("echo")
            .setIdempotent(true)
            .setCacheTtlMs(1_000L)
            .build());
    assertThat(start(call("a")).start(NOW).get(0).fingerprint())
        .isEqualTo(Fingerprint.ofWork("default", "tool:echo", "1", "{}"));
  }

  @Test
  void aResultOfAnotherOperationIsIgnoredThoughItNamesPlanAndCall() throws PlanInvalid {
    RunningPlan running = start(call("a"), call("b", "a"));
    ToolCall made = running.start(NOW).get(0).record();
    String foreign = Ids.v7(NOW, new Random(8));
    for (String other : List.of(foreign, "", Ids.part(plan.getId(), "b"))) {
      assertThat(running.onResult(result(other, "a", "\"forged\""), NOW)).isEmpty();
    }
    assertThat(running.cancels("", NOW)).hasSize(1);
    assertThat(running.onResult(result(made.getId(), "a", "\"true\""), NOW))
        .singleElement()
        .satisfies(next -> assertThat(next.record().getParentCall()).isEqualTo("b"));
    assertThat(running.result(NOW).getCalls().get(0).getOutput()).isEqualTo("\"true\"");
  }

  @Test
  void theDeadlineOfACallIsItsOwnOrThePlansWhicheverIsFirst() throws PlanInvalid {
    PlannedCall hasty = call("a");
    hasty.setTimeoutMs(500L);
    PlannedCall patient = call("b");
    patient.setTimeoutMs(5_000L);
    plan.setDeadlineAt(Instant.ofEpochMilli(NOW + 2_000));
    assertThat(start(hasty, patient, call("c")).start(NOW + 10))
        .extracting(made -> made.record().getDeadlineAt().toEpochMilli() - NOW)
        .containsExactly(510L, 2_000L, 2_000L);
  }

  @Test
  void aPlanWithoutADeadlineHasAMinute() {
    assertThat(RunningPlan.arrived(plan, NOW).getDeadlineAt()).isEqualTo(NOW + 60_000);
  }

  @Test
  void whatIsCancelledIsWhatWasMadeAndHasNotEndedUnderTheSameKeys() throws PlanInvalid {
    RunningPlan running = start(call("a"), call("b"), call("c", "a", "b"));
    List<Keyed<ToolCall>> made = running.start(NOW);
    running.onResult(result(made.get(0).record().getId(), "a", "1"), NOW);
    running.stop(Outcome.CANCELLED, "no longer wanted");
    assertThat(running.ended()).isTrue();
    Cancel cancel = running.cancels("no longer wanted", NOW).get(0).record();
    assertThat(running.cancels("", NOW))
        .extracting(Keyed::fingerprint)
        .containsExactly(made.get(1).fingerprint());
    assertThat(cancel.getOperationId()).isEqualTo(made.get(1).record().getId());
    assertThat(cancel.getReason()).isEqualTo("no longer wanted");
    assertThat(running.result(NOW).getCalls())
        .extracting(PlannedResult::getOutcome)
        .containsExactly(Outcome.OK, Outcome.CANCELLED, Outcome.SKIPPED);
  }

  @Test
  void otherCallsUnderTheSameIdHaveAnotherContent() {
    assertThat(
            Stream.of(List.of(call("a")), List.of(call("a")), List.of(call("b")))
                .map(calls -> ToolPlan.newBuilder(plan).setCalls(calls).build())
                .map(PlanResults::content)
                .distinct())
        .hasSize(2);
  }
}
