package io.millrace.topologies.health;

import io.millrace.events.HealthStatus;
import io.millrace.schemas.topics.InferenceTopics;
import io.millrace.schemas.topics.MeshTopics;
import io.millrace.schemas.topics.PipelineTopics;
import io.millrace.schemas.topics.Topics;
import io.millrace.schemas.topics.TrainingTopics;
import io.millrace.topologies.Operations;
import io.millrace.topologies.Stores;

/**
 * Health of every target: events of the other kinds are folded like tool attempts are in dispatch,
 * and the summaries of all merged per target.
 *
 * <pre>
 * inference.results, mesh.receipts, training.steps, pipeline.runs ─▶ events ─▶ health.summaries
 *                                      tool.steps ─▶ conversations ─▶ health.summaries
 *                              health.summaries ─▶ health ─▶ health.status, alerts
 * </pre>
 */
public final class HealthTopology {
  static final String EVENTS = "events";
  static final String SUMMARIES = "events-health-summaries";
  static final String EVENT_REJECTIONS = "events-rejections";
  static final String CONVERSATIONS = "conversations";
  static final String CONVERSATION_SUMMARIES = "conversations-health-summaries";
  static final String WATCH = "health";
  static final String STATUS = "health-status-sink";
  static final String ALERTS = "health-alerts";
  static final String REJECTIONS = "health-rejections";
  static final String HEALTH = "health-by-target";
  static final String LEARNT = "health-memory";

  private HealthTopology() {}

  /** Adds health. */
  public static void build(Operations operations) {
    var topology = operations.topology();
    topology.addProcessor(
        EVENTS,
        () -> new EventsProcessor(operations.metrics()),
        operations.source(InferenceTopics.RESULTS),
        operations.source(MeshTopics.RECEIPTS),
        operations.source(TrainingTopics.STEPS),
        operations.source(PipelineTopics.RUNS));
    operations.sinks().add(SUMMARIES, Topics.HEALTH_SUMMARIES, EVENTS);
    operations.sinks().add(EVENT_REJECTIONS, Topics.REJECTIONS, EVENTS);

    topology.addProcessor(
        WATCH,
        () -> new HealthProcessor(operations.targets(), operations.metrics()),
        operations.source(Topics.HEALTH_SUMMARIES));
    topology.addStateStore(
        Stores.keyValue(HEALTH, operations.written().kept(HealthStatus.class)).withCachingEnabled(),
        WATCH);
    topology.addStateStore(Stores.memory(LEARNT), WATCH);
    operations.sinks().add(STATUS, Topics.HEALTH_STATUS, WATCH);
    operations.sinks().add(ALERTS, Topics.ALERTS, WATCH);
    operations.sinks().add(REJECTIONS, Topics.REJECTIONS, WATCH);

    topology.addProcessor(
        CONVERSATIONS,
        () -> new ConversationsProcessor(operations.targets()),
        operations.source(Topics.TOOL_STEPS));
    operations.sinks().add(CONVERSATION_SUMMARIES, Topics.HEALTH_SUMMARIES, CONVERSATIONS);
  }
}
