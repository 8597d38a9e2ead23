package io.millrace.topologies.plan.logic;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.events.Failure;
import io.millrace.events.Outcome;
import io.millrace.events.PlannedResult;
import io.millrace.events.ToolPlan;
import io.millrace.events.ToolPlanResult;
import io.millrace.schemas.identity.Ids;
import io.millrace.schemas.serde.AvroSafety;
import io.millrace.schemas.topics.Topic;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class PlanResultsTest {
  static {
    AvroSafety.establish();
  }

  private static PlannedResult result(
      String name, Outcome outcome, @Nullable String output, @Nullable Failure failure) {
    return PlannedResult.newBuilder()
        .setName(name)
        .setOperationId(Ids.derived(name))
        .setOutcome(outcome)
        .setOutput(output)
        .setFailure(failure)
        .build();
  }

  @Test
  void outputsThatDoNotFitTogetherAreLeftOutAndNamed() {
    List<PlannedResult> results = new ArrayList<>();
    for (int i = 0; i < 10; i++) {
      results.add(result("c" + i, Outcome.OK, "\"" + "x".repeat(900_000) + "\"", null));
    }
    List<PlannedResult> fitting = PlanResults.fitting(results);
    assertThat(fitting.get(0)).isEqualTo(results.get(0));
    assertThat(fitting.stream().filter(r -> r.getOutput() != null)).hasSize(1);
    assertThat(fitting.get(9).getOutcome()).isEqualTo(Outcome.OK);
    assertThat(fitting.get(9).getFailure().getCode()).isEqualTo("OUTPUT_LEFT_OUT");
    assertThat(fitting.get(9).getFailure().getMessage()).contains(Ids.derived("c9"));
  }

  @Test
  void theLongestResultsOfTheMostCallsFitARecord() throws IOException {
    String name = "n".repeat(64);
    String wide = "\u20ac";
    List<PlannedResult> results = new ArrayList<>();
    for (int i = 0; i < PlanGraph.CALLS_MAX; i++) {
      results.add(
          result(
              name,
              Outcome.TOOL_ERROR,
              i % 2 == 0 ? null : wide.repeat(4_000),
              new Failure("C".repeat(128), wide.repeat(4_000))));
    }
    ToolPlanResult result =
        PlanResults.of(
            ToolPlan.newBuilder().setId(Ids.derived("p")).setCalls(List.of()).build(),
            Outcome.OK,
            null,
            0,
            0);
    result.setCalls(PlanResults.fitting(results));
    assertThat(ToolPlanResult.getEncoder().encode(result).remaining())
        .isLessThan(Topic.RECORD_BYTES_MAX - (64 << 10));
    assertThat(result.getCalls().get(0).getFailure().getMessage()).hasSize(4_000);
  }
}
