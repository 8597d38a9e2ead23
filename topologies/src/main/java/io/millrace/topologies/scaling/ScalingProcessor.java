package io.millrace.topologies.scaling;

import io.micrometer.core.instrument.MultiGauge;
import io.micrometer.core.instrument.Tags;
import io.millrace.events.Alert;
import io.millrace.events.ScalingDecision;
import io.millrace.events.Severity;
import io.millrace.schemas.identity.Ids;
import io.millrace.schemas.serde.Received;
import io.millrace.topologies.Rejections;
import io.millrace.topologies.Ticks;
import io.millrace.topologies.dispatch.RequestMetrics;
import io.millrace.topologies.scaling.logic.ScalingBoard;
import io.millrace.topologies.targets.TargetTable;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.TreeMap;
import org.apache.kafka.streams.processor.api.ContextualProcessor;
import org.apache.kafka.streams.processor.api.ProcessorContext;
import org.apache.kafka.streams.processor.api.Record;
import org.apache.kafka.streams.state.KeyValueIterator;
import org.apache.kafka.streams.state.KeyValueStore;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Says once a second what the board decided. All pools share a budget, so the task of partition 0
 * decides for all; the others do nothing.
 */
final class ScalingProcessor
    extends ContextualProcessor<String, Received<ScalingDecision>, String, Object> {
  private static final Logger LOG = LoggerFactory.getLogger(ScalingProcessor.class);
  private static final Duration TICK = Duration.ofSeconds(1);

  private final TargetTable targets;
  private final WorkerTable workers;
  private final ScalingBoard board;
  private final RequestMetrics metrics;

  /** The replicas that were decided on, for autoscalers; of the task that decides alone. */
  private final MultiGauge replicas;

  private final Map<String, Integer> decided = new TreeMap<>();
  private Ticks ticks;
  private KeyValueStore<String, ScalingDecision> store;
  private KeyValueStore<String, byte[]> memories;

  @SuppressWarnings("NullAway.Init") // Kafka calls init before anything else
  ScalingProcessor(
      TargetTable targets, WorkerTable workers, ScalingBoard board, RequestMetrics metrics) {
    this.targets = targets;
    this.workers = workers;
    this.board = board;
    this.metrics = metrics;
    this.replicas =
        MultiGauge.builder("millrace.pool.replicas")
            .description("Replicas that were decided on")
            .register(metrics.registry());
  }

  @Override
  public void init(ProcessorContext<String, Object> context) {
    super.init(context);
    ticks = new Ticks(context);
    store = context.getStateStore(ScalingTopology.DECIDED);
    memories = context.getStateStore(ScalingTopology.LEARNT);
    if (context.taskId().partition() != 0) {
      return;
    }
    try (KeyValueIterator<String, ScalingDecision> kept = store.all()) {
      kept.forEachRemaining(
          entry -> {
            board.restore(entry.value);
            decided.put(entry.key, entry.value.getReplicas());
          });
    }
    show();
    try (KeyValueIterator<String, byte[]> kept = memories.all()) {
      kept.forEachRemaining(entry -> board.recall(entry.key, entry.value));
    }
    ticks.every(TICK, this::tick);
  }

  /** The source is what this says itself: it is there so that there are tasks. */
  @Override
  public void process(Record<String, Received<ScalingDecision>> record) {
    ticks.now();
    Received<ScalingDecision> received = record.value();
    if (received != null && received.problem() != null) {
      metrics.rejected();
      context()
          .forward(Rejections.undecodable(context(), record, received), ScalingTopology.REJECTIONS);
    }
  }

  private void tick(long now) {
    ScalingBoard.Outcome outcome =
        board.tick(now, targets.scaledPools(), workers.heard(now), targets.asked());
    for (ScalingDecision decision : outcome.decisions()) {
      store.put(decision.getPool(), decision);
      decided.put(decision.getPool(), decision.getReplicas());
      context()
          .forward(
              new Record<>(decision.getPool(), (Object) decision, now), ScalingTopology.DECISIONS);
      if (decision.getReplicas() != decision.getPreviousReplicas()) {
        alert(
            decision.getPool(),
            decision.getReplicas() > decision.getPreviousReplicas() ? "SCALED_UP" : "SCALED_DOWN",
            decision.getPanic() ? Severity.WARNING : Severity.INFO,
            "pool %s: %d replicas instead of %d: %s"
                .formatted(
                    decision.getPool(),
                    decision.getReplicas(),
                    decision.getPreviousReplicas(),
                    decision.getReason()),
            Map.of(
                "replicas", Integer.toString(decision.getReplicas()),
                "forecast_per_s", Double.toString(decision.getForecastPerS())),
            now);
      }
    }
    outcome.memories().forEach(memories::put);
    outcome
        .forgotten()
        .forEach(
            pool -> {
              store.delete(pool);
              memories.delete(pool);
              decided.remove(pool);
              // Autoscalers and people are told that nobody decides any more.
              context().forward(new Record<>(pool, null, now), ScalingTopology.DECISIONS);
            });
    if (!outcome.decisions().isEmpty() || !outcome.forgotten().isEmpty()) {
      show();
    }
    for (ScalingBoard.Fault fault : outcome.faults()) {
      String message = "pool %s: %s".formatted(fault.pool(), fault.message());
      LOG.warn("{}", message);
      alert(fault.pool(), fault.type(), Severity.WARNING, message, Map.of(), now);
    }
  }

  private void show() {
    replicas.register(
        decided.entrySet().stream()
            .<MultiGauge.Row<?>>map(
                pool -> MultiGauge.Row.of(Tags.of("pool", pool.getKey()), pool.getValue()))
            .toList(),
        true);
  }

  @Override
  public void close() {
    decided.clear();
    show();
  }

  private void alert(
      String pool,
      String type,
      Severity severity,
      String message,
      Map<String, String> evidence,
      long now) {
    Alert alert =
        Alert.newBuilder()
            .setId(Ids.derived("pool:" + pool, type, Long.toString(now)))
            .setOccurredAt(Instant.ofEpochMilli(now))
            .setTarget("pool:" + pool)
            .setType(type)
            .setSeverity(severity)
            .setMessage(message)
            .setEvidence(evidence)
            .build();
    context().forward(new Record<>(alert.getTenant(), (Object) alert, now), ScalingTopology.ALERTS);
  }
}
