package io.millrace.topologies.ensemble;

import io.millrace.events.SplitStatus;
import io.millrace.schemas.topics.InferenceTopics;
import io.millrace.schemas.topics.Topics;
import io.millrace.state.EnsembleProgress;
import io.millrace.topologies.HeldBackStore;
import io.millrace.topologies.Operations;
import io.millrace.topologies.Stores;
import io.millrace.topologies.ensemble.logic.SplitTable;
import io.millrace.topologies.targets.TargetsTopology;

/**
 * Ensembles that consist of parts: to dispatch this is the pool that runs them, to the parts it is
 * a client whose answers come home to the same task.
 *
 * <pre>
 * inference.ensembles, inference.results ─▶ ensemble ─▶ inference.requests, inference.attempts
 *                                                  └──▶ inference.cancels, inference.split-evidence, audit
 * inference.feedback, inference.feedback-routed ─▶ ensemble ─▶ inference.feedback-routed
 *               inference.split-evidence ─▶ splits ─▶ inference.splits, alerts
 * </pre>
 */
public final class EnsembleTopology {
  static final String ENSEMBLE = "ensemble";
  static final String CALLS = "ensemble-calls";
  static final String ATTEMPTS = "ensemble-attempts";
  static final String CANCELS = "ensemble-cancels";
  static final String EVIDENCE = "ensemble-split-evidence";
  static final String FEEDBACK = "ensemble-feedback";
  static final String AUDIT = "ensemble-audit";
  static final String REJECTIONS = "ensemble-rejections";
  static final String SPLITTER = "splits";
  static final String SPLIT_STATUS = "splits-status";
  static final String ALERTS = "splits-alerts";
  static final String SPLIT_REJECTIONS = "splits-rejections";

  static final String RUNNING = "ensembles";
  static final String LEARNT = "ensemble-memory";
  static final String SPLITS = "ensemble-splits";

  private EnsembleTopology() {}

  /** Adds ensembles. */
  public static void build(Operations operations) {
    SplitTable splits = new SplitTable();
    TargetsTopology.follow(
        operations,
        InferenceTopics.SPLITS,
        (key, value, at) -> splits.put(key, (SplitStatus) value));
    var topology = operations.topology();

    topology.addProcessor(
        ENSEMBLE,
        () -> new EnsembleProcessor(operations.targets(), splits, operations.metrics()),
        operations.source(InferenceTopics.ENSEMBLES),
        operations.source(InferenceTopics.RESULTS),
        operations.source(InferenceTopics.FEEDBACK),
        operations.source(InferenceTopics.FEEDBACK_ROUTED));
    topology.addStateStore(Stores.memory(LEARNT), ENSEMBLE);
    // An ensemble that a crash forgets is read from its topic again.
    topology.addStateStore(
        HeldBackStore.builder(
            Stores.keyValue(RUNNING, operations.written().kept(EnsembleProgress.class)),
            run -> false),
        ENSEMBLE);
    operations.sinks().add(CALLS, InferenceTopics.REQUESTS, ENSEMBLE);
    operations.sinks().add(ATTEMPTS, InferenceTopics.ATTEMPTS, ENSEMBLE);
    operations.sinks().add(CANCELS, InferenceTopics.CANCELS, ENSEMBLE);
    operations.sinks().add(EVIDENCE, InferenceTopics.SPLIT_EVIDENCE, ENSEMBLE);
    operations.sinks().addToAll(FEEDBACK, InferenceTopics.FEEDBACK_ROUTED, ENSEMBLE);
    operations.sinks().add(AUDIT, Topics.AUDIT, ENSEMBLE);
    operations.sinks().add(REJECTIONS, Topics.REJECTIONS, ENSEMBLE);

    topology.addProcessor(
        SPLITTER,
        () -> new SplitsProcessor(operations.targets(), operations.metrics()),
        operations.source(InferenceTopics.SPLIT_EVIDENCE));
    topology.addStateStore(
        Stores.keyValue(SPLITS, operations.written().kept(SplitStatus.class)).withCachingEnabled(),
        SPLITTER);
    operations.sinks().add(SPLIT_STATUS, InferenceTopics.SPLITS, SPLITTER);
    operations.sinks().add(ALERTS, Topics.ALERTS, SPLITTER);
    operations.sinks().add(SPLIT_REJECTIONS, Topics.REJECTIONS, SPLITTER);
  }
}
