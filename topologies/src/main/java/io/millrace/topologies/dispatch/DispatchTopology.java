package io.millrace.topologies.dispatch;

import io.millrace.events.Task;
import io.millrace.events.ToolResult;
import io.millrace.schemas.serde.EventSerializer;
import io.millrace.schemas.topics.Topics;
import io.millrace.state.Answer;
import io.millrace.state.CachedOutput;
import io.millrace.state.Flight;
import io.millrace.state.Request;
import io.millrace.topologies.Answered;
import io.millrace.topologies.Operations;
import io.millrace.topologies.Stores;
import java.util.Optional;
import java.util.Set;
import org.apache.kafka.common.serialization.Serializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.apache.kafka.streams.processor.StreamPartitioner;

/**
 * The request path of tool calls: guard, then dispatch, in one sub-topology.
 *
 * <pre>
 * tool.calls, tool.calls-routed ─▶ guard ─▶ dispatch ─▶ tool.tasks.&lt;pool&gt;, tool.results, …
 *                  tool.attempts, tool.cancels ─┘
 * </pre>
 */
public final class DispatchTopology {
  static final String GUARD = "tool-guard";
  static final String DISPATCH = "tool-dispatch";
  static final String TASKS = "tool-tasks";
  static final String RELEASES = "tool-releases";
  static final String RESULTS = "tool-results";
  static final String STEPS = "tool-steps";
  static final String CONTROLS = "tool-controls";
  static final String ROUTED = "tool-calls-routed";
  static final String CANCELS = "tool-cancels-routed";
  static final String CACHED = "tool-cached";
  static final String WRITES = "tool-writes-sink";
  static final String REJECTIONS = "tool-rejections";
  static final String ALERTS = "tool-alerts";
  static final String SUMMARIES = "tool-health-summaries";

  static final String FLIGHTS = "tool-flights";
  static final String WAITERS = "tool-waiters";
  static final String CACHE = "tool-cache";
  static final String ANSWERS = "tool-answers";

  private DispatchTopology() {}

  /** Adds the request path of tool calls. */
  public static void build(Operations operations) {
    var policy = operations.dispatchPolicy();
    var targets = operations.targets();
    var metrics = operations.metrics();
    int partitions = operations.partitions();
    var topology = operations.topology();

    String calls = operations.source(Topics.TOOL_CALLS);
    String routed = operations.source(Topics.TOOL_CALLS_ROUTED);
    String attempts = operations.source(Topics.TOOL_ATTEMPTS);
    String cancels = operations.source(Topics.TOOL_CANCELS);
    String cached = operations.source(Topics.TOOL_CACHED);

    topology.addProcessor(
        GUARD, () -> new GuardProcessor(targets, policy, partitions, metrics), calls, routed);
    topology.addProcessor(
        DISPATCH,
        () ->
            new DispatchProcessor(policy, targets, partitions, metrics, operations.invalidations()),
        GUARD,
        attempts,
        cancels,
        cached);
    topology.addStateStore(
        FlightStore.builder(Stores.keyValue(FLIGHTS, Flight.class, operations.serdes())), DISPATCH);
    topology.addStateStore(Stores.keyValue(WAITERS, Request.class, operations.serdes()), DISPATCH);
    topology.addStateStore(
        Stores.keyValue(CACHE, CachedOutput.class, operations.serdes()), DISPATCH);
    topology.addStateStore(
        Stores.forgetting(
            ANSWERS,
            Answer.class,
            Answered.retention(policy.dedupeWindow(), policy.clockSkew()),
            operations.serdes()),
        DISPATCH);

    operations
        .sinks()
        .addAddressed(RESULTS, Topics.TOOL_RESULTS, ToolResult::getReplyPartition, GUARD, DISPATCH);
    operations.sinks().add(STEPS, Topics.TOOL_STEPS, DISPATCH);
    operations.sinks().add(CONTROLS, Topics.TOOL_CONTROLS, DISPATCH);
    operations.sinks().add(RELEASES, Topics.TOOL_ATTEMPTS, DISPATCH);
    operations.sinks().add(ROUTED, Topics.TOOL_CALLS_ROUTED, GUARD, DISPATCH);
    operations.sinks().add(CACHED, Topics.TOOL_CACHED, DISPATCH);
    operations.sinks().add(WRITES, Topics.TOOL_WRITES, DISPATCH);
    operations.sinks().add(CANCELS, Topics.TOOL_CANCELS, DISPATCH);
    operations.sinks().add(REJECTIONS, Topics.REJECTIONS, GUARD, DISPATCH);
    operations.sinks().add(ALERTS, Topics.ALERTS, DISPATCH);
    operations.sinks().add(SUMMARIES, Topics.HEALTH_SUMMARIES, DISPATCH);
    addTasks(operations);
  }

  /** Tasks of one dispatch task lie in one partition, in order: its hand-over counts on that. */
  private static void addTasks(Operations operations) {
    EventSerializer<Task> tasks = EventSerializer.forValues(operations.serdes());
    Serializer<Object> serializer =
        (topic, value) -> tasks.serialize(topic, ((PoolTask) value).task());
    StreamPartitioner<String, Object> byHome =
        (topic, key, value, count) ->
            Optional.of(Set.of(((PoolTask) value).task().getHomePartition() % count));
    operations
        .topology()
        .addSink(
            TASKS,
            (key, value, context) -> Topics.toolTasks(((PoolTask) value).pool()).name(),
            new StringSerializer(),
            serializer,
            byHome,
            DISPATCH);
  }
}
