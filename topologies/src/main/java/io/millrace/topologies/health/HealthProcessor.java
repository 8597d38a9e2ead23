package io.millrace.topologies.health;

import io.millrace.events.Alert;
import io.millrace.events.FailurePatternReport;
import io.millrace.events.HealthStatus;
import io.millrace.events.HealthSummary;
import io.millrace.events.TargetKind;
import io.millrace.schemas.serde.Received;
import io.millrace.topologies.Rejections;
import io.millrace.topologies.Ticks;
import io.millrace.topologies.dispatch.RequestMetrics;
import io.millrace.topologies.guard.logic.Guard;
import io.millrace.topologies.health.logic.HealthPolicy;
import io.millrace.topologies.health.logic.TargetHealth;
import io.millrace.topologies.health.patterns.logic.TargetPatterns;
import io.millrace.topologies.targets.Target;
import io.millrace.topologies.targets.TargetTable;
import java.time.Duration;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import org.apache.kafka.streams.KeyValue;
import org.apache.kafka.streams.processor.api.ContextualProcessor;
import org.apache.kafka.streams.processor.api.ProcessorContext;
import org.apache.kafka.streams.processor.api.Record;
import org.apache.kafka.streams.state.KeyValueIterator;
import org.apache.kafka.streams.state.KeyValueStore;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Merges the summaries of each target, moves its circuit, names its patterns and says how it is.
 */
final class HealthProcessor
    extends ContextualProcessor<String, Received<HealthSummary>, String, Object> {
  private static final Logger LOG = LoggerFactory.getLogger(HealthProcessor.class);
  private static final Duration TICK = Duration.ofMillis(50);
  private static final long PUBLISH_MILLIS = 500;

  /** Anyone may report on any name: those that nobody declared are forgotten after a week. */
  private static final Duration SILENT_MAX = Duration.ofDays(7);

  private static final Duration SWEEP = Duration.ofMinutes(1);
  private static final int TARGETS_MAX = 20_000;

  private final TargetTable targets;
  private final RequestMetrics metrics;
  private final Map<String, Watched> watched = new HashMap<>();
  private final Map<String, String> unreadable = new HashMap<>();
  private Ticks ticks;
  private KeyValueStore<String, HealthStatus> store;
  private KeyValueStore<String, byte[]> memories;

  private static final class Watched {
    private final TargetHealth health;
    private final List<FailurePatternReport> before;
    private TargetPatterns patterns;
    private long publishedAt;
    private long heardAt;

    Watched(String target, TargetKind kind, @Nullable HealthStatus status, long heardAt) {
      this.heardAt = heardAt;
      health = new TargetHealth(target, kind, status);
      before = status == null ? List.of() : status.getPatterns();
      patterns = new TargetPatterns(target, before);
    }

    /** Goes on from what was learnt; the same errors as {@link TargetPatterns#recall}. */
    void recall(String target, byte[] memory) {
      TargetPatterns recalled = new TargetPatterns(target, before);
      recalled.recall(memory);
      patterns = recalled;
    }

    /** Whether its status may be said again; also after the clock was set back. */
    boolean due(long now) {
      return Math.abs(now - publishedAt) >= PUBLISH_MILLIS;
    }

    HealthStatus status(HealthPolicy policy, long now) {
      HealthStatus status = health.status(policy, now);
      status.setPatterns(patterns.reports());
      status.setIllSinceAt(patterns.illSince());
      status.setIllFrom(patterns.illFrom());
      return status;
    }
  }

  @SuppressWarnings("NullAway.Init") // Kafka calls init before anything else
  HealthProcessor(TargetTable targets, RequestMetrics metrics) {
    this.targets = targets;
    this.metrics = metrics;
  }

  @Override
  public void init(ProcessorContext<String, Object> context) {
    super.init(context);
    ticks = new Ticks(context);
    store = context.getStateStore(HealthTopology.HEALTH);
    try (KeyValueIterator<String, HealthStatus> kept = store.all()) {
      while (kept.hasNext()) {
        KeyValue<String, HealthStatus> entry = kept.next();
        HealthStatus status = entry.value;
        watched.put(
            entry.key,
            new Watched(
                entry.key, status.getKind(), status, status.getOccurredAt().toEpochMilli()));
      }
    }
    memories = context.getStateStore(HealthTopology.LEARNT);
    try (KeyValueIterator<String, byte[]> kept = memories.all()) {
      kept.forEachRemaining(entry -> recall(entry.key, entry.value));
    }
    ticks.every(TICK, this::tick);
    ticks.every(SWEEP, this::forget);
  }

  private void recall(String target, byte[] memory) {
    Watched of = watched.get(target);
    if (of == null) {
      return;
    }
    try {
      of.recall(target, memory);
    } catch (IllegalArgumentException e) {
      LOG.warn("{}: what was learnt of its health cannot be read: {}", target, e.getMessage());
      unreadable.put(target, String.valueOf(e.getMessage()));
    }
  }

  @Override
  public void process(Record<String, Received<HealthSummary>> record) {
    Received<HealthSummary> received = record.value();
    if (received == null) {
      return;
    }
    HealthSummary summary = received.record();
    if (summary == null) {
      metrics.rejected();
      context()
          .forward(Rejections.undecodable(context(), record, received), HealthTopology.REJECTIONS);
      return;
    }
    long now = ticks.now();
    String target = summary.getTarget();
    Watched known = watched.get(target);
    Watched of = known != null ? known : new Watched(target, summary.getKind(), null, now);
    boolean moved;
    try {
      if (known == null && watched.size() >= TARGETS_MAX) {
        throw new IllegalArgumentException(
            "%d targets are watched on this partition, and no more".formatted(TARGETS_MAX));
      }
      moved = of.health.add(summary, policy(target), now);
      of.patterns.add(summary, now);
    } catch (IllegalArgumentException e) {
      metrics.rejected();
      context()
          .forward(
              Rejections.of(
                  context(),
                  record,
                  received.bytes(),
                  Guard.name(summary.getTenant()),
                  null,
                  "SUMMARY_INVALID",
                  String.valueOf(e.getMessage())),
              HealthTopology.REJECTIONS);
      return;
    }
    watched.putIfAbsent(target, of);
    of.heardAt = now;
    HealthStatus status = of.status(policy(target), now);
    store.put(target, status);
    if (moved || of.due(now)) {
      publish(target, of, status, moved, now);
    }
  }

  private void tick(long now) {
    unreadable.forEach((target, why) -> alert(Alerts.ofMemory(target, why, now), now));
    unreadable.clear();
    watched.forEach(
        (target, of) -> {
          HealthPolicy policy = policy(target);
          boolean moved = of.health.tick(policy, now);
          List<TargetPatterns.Change> changes = of.patterns.tick(now, targets::health);
          changes.forEach(change -> alert(Alerts.of(target, change, now), now));
          byte[] memory = of.patterns.memory(now);
          if (memory != null) {
            memories.put(target, memory);
          }
          if (moved || !changes.isEmpty() || (of.health.changed() && of.due(now))) {
            HealthStatus status = of.status(policy, now);
            store.put(target, status);
            publish(target, of, status, moved, now);
          }
        });
  }

  private void forget(long now) {
    Iterator<Map.Entry<String, Watched>> each = watched.entrySet().iterator();
    while (each.hasNext()) {
      Map.Entry<String, Watched> entry = each.next();
      String target = entry.getKey();
      boolean silent = now - entry.getValue().heardAt >= SILENT_MAX.toMillis();
      if (silent && !targets.registered(target)) {
        each.remove();
        store.delete(target);
        memories.delete(target);
        context().forward(new Record<>(target, (Object) null, now), HealthTopology.STATUS);
      }
    }
  }

  private void publish(String target, Watched of, HealthStatus status, boolean moved, long now) {
    of.publishedAt = now;
    of.health.published();
    context()
        .forward(
            new Record<>(target, (Object) HealthStatus.newBuilder(status).build(), now),
            HealthTopology.STATUS);
    if (moved) {
      alert(Alerts.ofCircuit(status, now), now);
    }
  }

  private void alert(Alert alert, long now) {
    context().forward(new Record<>(alert.getTenant(), (Object) alert, now), HealthTopology.ALERTS);
  }

  private HealthPolicy policy(String target) {
    Target registered = targets.target(target);
    return HealthPolicy.of(registered == null ? null : registered.spec());
  }
}
