package io.millrace.topologies.plan.logic;

import io.millrace.events.Failure;
import io.millrace.events.Outcome;
import io.millrace.events.ToolPlan;
import io.millrace.events.ToolPlanResult;
import io.millrace.schemas.identity.Ids;
import io.millrace.state.PlanAnswer;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Words the results of plans, and what is kept of them to be given again. */
public final class PlanResults {
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
