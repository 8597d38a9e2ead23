package io.millrace.topologies.scaling;

import io.millrace.events.ScalingDecision;
import io.millrace.events.WorkerStatus;
import io.millrace.schemas.topics.Topics;
import io.millrace.topologies.Operations;
import io.millrace.topologies.Stores;
import io.millrace.topologies.scaling.logic.ScalingBoard;
import io.millrace.topologies.targets.TargetsTopology;

/**
 * Scaling of the pools whose policy asks for it.
 *
 * <pre>
 * workers (global table), targets (global table) ─▶ scaling ─▶ scaling.decisions, alerts, rejections
 * </pre>
 */
public final class ScalingTopology {
  static final String SCALING = "scaling";
  static final String DECISIONS = "scaling-decisions";
  static final String ALERTS = "scaling-alerts";
  static final String REJECTIONS = "scaling-rejections";
  static final String DECIDED = "scaling-by-pool";
  static final String LEARNT = "scaling-memory";

  private ScalingTopology() {}

  /**
   * Adds scaling.
   *
   * @param budgetMicros cost of all pools an hour, millionths of the billing currency; 0: no limit
   */
  public static void build(Operations operations, long budgetMicros) {
    WorkerTable workers = new WorkerTable();
    TargetsTopology.follow(
        operations,
        Topics.WORKERS,
        (worker, status, at) -> {
          workers.put(worker, (WorkerStatus) status);
          operations.targets().putWorker(worker, (WorkerStatus) status);
        });
    operations
        .topology()
        .addProcessor(
            SCALING,
            () ->
                new ScalingProcessor(
                    operations.targets(),
                    workers,
                    new ScalingBoard(budgetMicros),
                    operations.metrics()),
            operations.source(Topics.SCALING_DECISIONS));
    operations
        .topology()
        .addStateStore(
            Stores.keyValue(DECIDED, operations.written().kept(ScalingDecision.class)), SCALING)
        .addStateStore(Stores.memory(LEARNT), SCALING);
    operations.sinks().add(DECISIONS, Topics.SCALING_DECISIONS, SCALING);
    operations.sinks().add(ALERTS, Topics.ALERTS, SCALING);
    operations.sinks().add(REJECTIONS, Topics.REJECTIONS, SCALING);
  }
}
