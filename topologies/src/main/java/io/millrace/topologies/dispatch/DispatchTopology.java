package io.millrace.topologies.dispatch;

import io.millrace.events.Cancel;
import io.millrace.events.OperationKind;
import io.millrace.events.Task;
import io.millrace.schemas.serde.EventSerializer;
import io.millrace.schemas.topics.InferenceTopics;
import io.millrace.schemas.topics.Topic;
import io.millrace.schemas.topics.Topics;
import io.millrace.state.Answer;
import io.millrace.state.CachedOutput;
import io.millrace.state.Flight;
import io.millrace.state.Request;
import io.millrace.state.Sequence;
import io.millrace.topologies.Answered;
import io.millrace.topologies.HeldBackStore;
import io.millrace.topologies.Operations;
import io.millrace.topologies.Stores;
import java.util.Optional;
import java.util.Set;
import org.apache.avro.specific.SpecificRecord;
import org.apache.kafka.common.serialization.Serializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.apache.kafka.streams.processor.StreamPartitioner;

/**
 * The request path of one kind of operation: guard, then dispatch, in one sub-topology.
 *
 * <pre>
 * tool.calls, tool.calls-routed ─▶ guard ─▶ dispatch ─▶ tool.tasks.&lt;pool&gt;, tool.results, …
 *                  tool.attempts, tool.cancels ─┘
 * </pre>
 */
public final class DispatchTopology {
  private DispatchTopology() {}

  /** Adds the request path of tool calls. */
  public static void buildTools(Operations operations) {
    build(operations, new ToolKind());
  }

  /** Adds the request path of models. */
  public static void buildModels(Operations operations) {
    build(operations, new InferenceKind());
  }

  private static <Q extends SpecificRecord, R extends SpecificRecord> void build(
      Operations operations, Kind<Q, R> kind) {
    var policy = operations.dispatchPolicy();
    var targets = operations.targets();
    var metrics = operations.metrics();
    int partitions = operations.partitions();
    var topology = operations.topology();
    Nodes nodes = kind.nodes();
    KindTopics<Q, R> topics = kind.topics();

    String requests = operations.source(topics.requests());
    String routed = operations.source(topics.routed());
    String attempts = operations.source(topics.attempts());
    String cancels = operations.source(topics.cancels());
    String cached = operations.source(topics.cached());

    topology.addProcessor(
        nodes.guard,
        () -> new GuardProcessor<>(kind, targets, policy, partitions, metrics),
        requests,
        routed);
    topology.addProcessor(
        nodes.dispatch,
        () ->
            new DispatchProcessor(
                kind, policy, targets, partitions, metrics, operations.invalidations()),
        nodes.guard,
        attempts,
        cancels,
        cached);
    topology.addStateStore(
        HeldBackStore.builder(
            Stores.keyValue(nodes.flights, operations.written().kept(Flight.class)),
            Flight::getClaimRequired),
        nodes.dispatch);
    topology.addStateStore(
        Stores.keyValue(nodes.waiters, operations.written().kept(Request.class)), nodes.dispatch);
    topology.addStateStore(
        Stores.keyValue(nodes.cache, operations.written().kept(CachedOutput.class)),
        nodes.dispatch);
    topology.addStateStore(
        Stores.writtenOnce(
            nodes.answers,
            operations.written().kept(Answer.class),
            Answered.retention(policy.dedupeWindow(), policy.clockSkew())),
        nodes.dispatch);

    if (nodes.sequences != null) {
      topology.addStateStore(
          Stores.keyValue(nodes.sequences, operations.written().kept(Sequence.class)),
          nodes.dispatch);
    }

    operations
        .sinks()
        .addAddressed(
            nodes.results, topics.results(), kind::replyPartition, nodes.guard, nodes.dispatch);
    if (topics.kind() == OperationKind.TOOL) {
      operations.sinks().add(nodes.steps, Topics.TOOL_STEPS, nodes.dispatch);
    }
    operations.sinks().add(nodes.writes, Topics.TOOL_WRITES, nodes.dispatch);
    operations.sinks().add(nodes.controls, topics.controls(), nodes.dispatch);
    operations.sinks().add(nodes.releases, topics.attempts(), nodes.dispatch);
    operations.sinks().add(nodes.routed, topics.routed(), nodes.guard, nodes.dispatch);
    operations.sinks().add(nodes.cached, topics.cached(), nodes.dispatch);
    operations
        .sinks()
        .addAddressed(nodes.cancels, topics.cancels(), Cancel::getAskedPartition, nodes.dispatch);
    operations.sinks().add(nodes.rejections, Topics.REJECTIONS, nodes.guard, nodes.dispatch);
    operations.sinks().add(nodes.alerts, Topics.ALERTS, nodes.dispatch);
    operations.sinks().add(nodes.summaries, Topics.HEALTH_SUMMARIES, nodes.dispatch);
    addTasks(operations, kind);
  }

  /**
   * Tasks of one dispatch task lie in one partition, in order: its hand-over counts on that.
   *
   * <p>A schema has one id under all subjects, so that of a topic which is always there serves
   * every pool, and the first task of a new one need not wait for the registry. The pool's own
   * subject is registered by who makes the pool.
   */
  private static void addTasks(Operations operations, Kind<?, ?> kind) {
    Topic<Task> known = InferenceTopics.ENSEMBLES;
    EventSerializer<SpecificRecord> tasks = operations.written().sent(known);
    Serializer<Object> serializer =
        (topic, value) -> tasks.serialize(known.name(), ((PoolTask) value).task());
    StreamPartitioner<String, Object> byHome =
        (topic, key, value, count) ->
            Optional.of(Set.of(((PoolTask) value).task().getHomePartition() % count));
    operations
        .topology()
        .addSink(
            kind.nodes().tasks,
            (key, value, context) -> {
              PoolTask task = (PoolTask) value;
              return kind.tasks(task.pool(), task.task()).name();
            },
            new StringSerializer(),
            serializer,
            byHome,
            kind.nodes().dispatch);
  }
}
