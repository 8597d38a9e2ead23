package io.millrace.benchmarks.requests;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.events.Outcome;
import io.millrace.events.PlannedCall;
import io.millrace.events.PlannedResult;
import io.millrace.events.ToolPlan;
import io.millrace.events.ToolPlanResult;
import io.millrace.events.ToolResult;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class RequestKindTest {
  private final RequestKind<ToolPlan, ToolPlanResult> plans = RequestKind.plans("sleep", 8, 20);

  @Test
  void aPlanHasEightIndependentCallsWithDistinctArguments() {
    ToolPlan plan = plans.request().make("id-1", 3);

    assertThat(plan.getReplyPartition()).isEqualTo(3);
    assertThat(plan.getCalls()).hasSize(8).allMatch(call -> call.getAfter().isEmpty());
    assertThat(plan.getCalls().stream().map(PlannedCall::getArguments))
        .doesNotHaveDuplicates()
        .allMatch(arguments -> arguments.contains("\"ms\":20"));
  }

  @Test
  void twoPlansShareNoArguments() {
    List<String> first = arguments("id-1");
    List<String> second = arguments("id-2");

    assertThat(first).doesNotContainAnyElementsOf(second);
  }

  @Test
  void aPlanThatWentWellHasNoFault() {
    assertThat(plans.fault().apply(answer(Outcome.OK, 8, Outcome.OK))).isEmpty();
  }

  @Test
  void everythingElseIsAFault() {
    assertThat(plans.fault().apply(answer(Outcome.TIMEOUT, 8, Outcome.OK))).contains("TIMEOUT");
    assertThat(plans.fault().apply(answer(Outcome.OK, 7, Outcome.OK))).contains("7 calls");
    assertThat(plans.fault().apply(answer(Outcome.OK, 8, Outcome.SKIPPED))).contains("SKIPPED");
  }

  @Test
  void aFailedCallIsAFault() {
    var calls = RequestKind.calls("echo");

    assertThat(calls.fault().apply(ToolResult.newBuilder().setOutcome(Outcome.OK).build()))
        .isEmpty();
    assertThat(calls.fault().apply(ToolResult.newBuilder().setOutcome(Outcome.LOST).build()))
        .contains("LOST");
  }

  private List<String> arguments(String id) {
    return plans.request().make(id, 0).getCalls().stream().map(PlannedCall::getArguments).toList();
  }

  private static ToolPlanResult answer(Outcome outcome, int calls, Outcome ofCalls) {
    return ToolPlanResult.newBuilder()
        .setOutcome(outcome)
        .setCalls(
            IntStream.range(0, calls)
                .mapToObj(
                    i ->
                        PlannedResult.newBuilder()
                            .setName("call" + i)
                            .setOutcome(ofCalls)
                            .setOutput("{}")
                            .build())
                .toList())
        .build();
  }
}
