package io.millrace.topologies.plan.logic;

import io.millrace.events.Failure;
import io.millrace.events.Outcome;
import io.millrace.events.PlannedResult;
import io.millrace.events.ToolPlan;
import io.millrace.events.ToolPlanResult;
import io.millrace.schemas.identity.Ids;
import io.millrace.state.PlanAnswer;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Words the results of plans, and what is kept of them to be given again. */
public final class PlanResults {
  /**
   * Most characters that calls put into a plan's result: a quarter of a record, as UTF-8 may need
   * three bytes for each.
   */
  private static final int CALLS_LENGTH_MAX = 1024 * 1024;

  private PlanResults() {}

  /**
   * The result of a plan, without those of its calls.
   *
   * @param failure why it did not succeed; null if it did
   * @param latencyMillis from its arrival to its end
   * @param now milliseconds since the epoch
   */
  public static ToolPlanResult of(
      ToolPlan plan, Outcome outcome, @Nullable Failure failure, long latencyMillis, long now) {
    ToolPlanResult result = new ToolPlanResult();
    result.setId(Ids.derived(plan.getId(), "result"));
    result.setTenant(plan.getTenant());
    result.setCorrelationId(plan.getCorrelationId());
    result.setOccurredAt(Instant.ofEpochMilli(now));
    result.setTraceparent(plan.getTraceparent());
    result.setOperationId(plan.getId());
    result.setOutcome(outcome);
    result.setFailure(failure);
    result.setCalls(List.of());
    result.setLatencyMs((double) latencyMillis);
    result.setReplyPartition(plan.getReplyPartition());
    result.setParentId(plan.getParentId());
    return result;
  }

  /**
   * The results of calls, so that together they fit a record: an output for which no room is left
   * is left out, and its failure says so; messages of failures are cut.
   */
  static List<PlannedResult> fitting(List<PlannedResult> results) {
    List<PlannedResult> fitting = new ArrayList<>(results.size());
    int room = CALLS_LENGTH_MAX;
    for (PlannedResult result : results) {
      String output = result.getOutput();
      Failure failure = result.getFailure();
      PlannedResult fitted = PlannedResult.newBuilder(result).build();
      if (output != null && output.length() > room) {
        fitted.setOutput(null);
        fitted.setFailure(
            new Failure(
                "OUTPUT_LEFT_OUT",
                "%d characters did not fit into the plan's result beside the others; read the result of operation %s"
                    .formatted(output.length(), result.getOperationId())));
      } else {
        room -= output == null ? 0 : output.length();
        if (failure != null) {
          String message = failure.getMessage();
          String cut = message.substring(0, Math.min(message.length(), room));
          fitted.setFailure(new Failure(failure.getCode(), cut));
          room -= cut.length();
        }
      }
      fitting.add(fitted);
    }
    return fitting;
  }

  /** What is kept of a plan's result. */
  public static PlanAnswer answer(ToolPlan plan, ToolPlanResult result) {
    PlanAnswer answer = new PlanAnswer();
    answer.setContent(content(plan));
    answer.setResult(result);
    return answer;
  }

  /** A hash of what the plan asks for, by which another plan under its id is known. */
  public static long content(ToolPlan plan) {
    return plan.getCalls().hashCode();
  }
}
