package io.millrace.topologies.plan;

import io.millrace.events.ToolPlanResult;
import io.millrace.schemas.topics.Topics;
import io.millrace.state.PlanAnswer;
import io.millrace.state.PlanProgress;
import io.millrace.topologies.Answered;
import io.millrace.topologies.HeldBackStore;
import io.millrace.topologies.Operations;
import io.millrace.topologies.Stores;

/**
 * Plans: unfolds each into tool calls, whose results come home to the same task.
 *
 * <pre>
 * tool.plans, tool.plan-cancels ─▶ plan ─▶ tool.calls, tool.plan-results
 *        tool.results ─▶ results ─┘ └────▶ tool.cancels
 *      runs reported by outsiders, and which target's work rests on whose ─▶ health.summaries
 * </pre>
 */
public final class PlanTopology {
  static final String PLAN = "plan";
  static final String RESULTS = "results";
  static final String CALLS = "plan-calls";
  static final String PLAN_RESULTS = "plan-results";
  static final String CANCELS = "plan-cancels";
  static final String REJECTIONS = "plan-rejections";
  static final String SUMMARIES = "results-health-summaries";

  static final String PLANS = "plans";
  static final String ANSWERS = "plan" + Stores.ANSWERS;

  private PlanTopology() {}

  /** Adds plans. */
  public static void build(Operations operations) {
    var policy = operations.dispatchPolicy();
    var targets = operations.targets();
    int partitions = operations.partitions();
    var topology = operations.topology();

    String plans = operations.source(Topics.TOOL_PLANS);
    String cancels = operations.source(Topics.TOOL_PLAN_CANCELS);
    String results = operations.source(Topics.TOOL_RESULTS);

    topology.addProcessor(RESULTS, () -> new ResultsProcessor(operations.metrics()), results);
    topology.addProcessor(
        PLAN,
        () -> new PlanProcessor(targets, policy, partitions, operations.metrics()),
        plans,
        cancels,
        RESULTS);
    // A plan that a crash forgets is read from tool.plans again.
    topology.addStateStore(
        HeldBackStore.builder(
            Stores.keyValue(PLANS, operations.written().kept(PlanProgress.class)), plan -> false),
        PLAN);
    topology.addStateStore(
        Stores.writtenOnce(
            ANSWERS,
            operations.written().kept(PlanAnswer.class),
            Answered.retention(policy.dedupeWindow(), policy.clockSkew())),
        PLAN);

    operations.sinks().add(CALLS, Topics.TOOL_CALLS, PLAN);
    operations
        .sinks()
        .addAddressed(
            PLAN_RESULTS, Topics.TOOL_PLAN_RESULTS, ToolPlanResult::getReplyPartition, PLAN);
    operations.sinks().add(CANCELS, Topics.TOOL_CANCELS, PLAN);
    operations.sinks().add(REJECTIONS, Topics.REJECTIONS, PLAN, RESULTS);
    operations.sinks().add(SUMMARIES, Topics.HEALTH_SUMMARIES, PLAN, RESULTS);
  }
}
