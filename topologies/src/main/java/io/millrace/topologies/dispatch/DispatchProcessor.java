package io.millrace.topologies.dispatch;

import io.millrace.events.Alert;
import io.millrace.events.Attempt;
import io.millrace.events.CacheInvalidation;
import io.millrace.events.Cancel;
import io.millrace.events.Control;
import io.millrace.events.Coordinates;
import io.millrace.events.InferenceRun;
import io.millrace.events.InvalidationScope;
import io.millrace.events.Task;
import io.millrace.events.ToolCached;
import io.millrace.events.ToolStep;
import io.millrace.schemas.identity.Fingerprint;
import io.millrace.schemas.identity.Ids;
import io.millrace.schemas.serde.Received;
import io.millrace.state.Answer;
import io.millrace.state.CachedOutput;
import io.millrace.state.Request;
import io.millrace.topologies.Answered;
import io.millrace.topologies.Rejections;
import io.millrace.topologies.Ticks;
import io.millrace.topologies.dispatch.logic.DispatchPolicy;
import io.millrace.topologies.dispatch.logic.Dispatcher;
import io.millrace.topologies.dispatch.logic.Invalidations;
import io.millrace.topologies.dispatch.logic.Outbox;
import io.millrace.topologies.guard.logic.Tensors;
import io.millrace.topologies.health.HealthFlush;
import io.millrace.topologies.health.logic.ConversationSample;
import io.millrace.topologies.speculation.SpeculationTopology;
import io.millrace.topologies.targets.TargetTable;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.SplittableRandom;
import org.apache.kafka.common.utils.Utils;
import org.apache.kafka.streams.processor.api.ContextualProcessor;
import org.apache.kafka.streams.processor.api.ProcessorContext;
import org.apache.kafka.streams.processor.api.Record;
import org.jspecify.annotations.Nullable;

/** Feeds the {@link Dispatcher} of its partition from the log and sends out what it decides. */
final class DispatchProcessor extends ContextualProcessor<String, Object, String, Object>
    implements Outbox {
  private static final Duration TICK = Duration.ofMillis(10);

  private final Kind<?, ?> kind;
  private final Nodes nodes;
  private final DispatchPolicy policy;
  private final TargetTable targets;
  private final int partitions;
  private final RequestMetrics metrics;
  private final Invalidations invalidations;
  private final ConversationSample sample = new ConversationSample();
  private String name = "";
  private Ticks ticks;
  private Dispatcher dispatcher;

  @SuppressWarnings("NullAway.Init") // Kafka calls init before anything else
  DispatchProcessor(
      Kind<?, ?> kind,
      DispatchPolicy policy,
      TargetTable targets,
      int partitions,
      RequestMetrics metrics,
      Invalidations invalidations) {
    this.kind = kind;
    this.nodes = kind.nodes();
    this.policy = policy;
    this.targets = targets;
    this.partitions = partitions;
    this.metrics = metrics;
    this.invalidations = invalidations;
  }

  @Override
  public void init(ProcessorContext<String, Object> context) {
    super.init(context);
    ticks = new Ticks(context);
    int partition = context.taskId().partition();
    name = Ids.v7(context.currentSystemTimeMs(), new SplittableRandom());
    dispatcher =
        new Dispatcher(
            partition,
            kind.topics().kind(),
            policy,
            targets,
            new StoreJournal(
                context.getStateStore(nodes.flights),
                context.getStateStore(nodes.waiters),
                context.getStateStore(nodes.cache),
                new Answered<>(
                    context.getStateStore(nodes.answers),
                    policy.dedupeWindow(),
                    context.currentSystemTimeMs()),
                nodes.sequences == null ? null : context.getStateStore(nodes.sequences)),
            this,
            HealthFlush.start(context, ticks, nodes.stream, nodes.summaries, HealthFlush.OFTEN),
            invalidations,
            new SplittableRandom(),
            context.currentSystemTimeMs());
    ticks.every(TICK, this::tick);
  }

  private void tick(long now) {
    long lateness = dispatcher.tick(now);
    metrics.observe(name, dispatcher.inFlight(), dispatcher.cachedBytes(), lateness);
  }

  @Override
  public void process(Record<String, Object> record) {
    long now = ticks.now();
    Object value = record.value();
    if (value == null) {
      untrue(record, now);
    } else if (value instanceof Admitted admitted) {
      if (admitted.target() == null) {
        dispatcher.hold(admitted.request(), now);
      } else {
        dispatcher.call(
            admitted.request(), admitted.fingerprint(), admitted.target(), admitted.inputs(), now);
      }
    } else if (value instanceof Received<?> received) {
      if (received.record() instanceof Attempt attempt) {
        located(attempt);
        dispatcher.attempt(attempt, now);
      } else if (received.record() instanceof Cancel cancel) {
        cancel(record, cancel, now);
      } else if (received.record() instanceof ToolCached cached) {
        if (record.key() != null && !cached.getStoredBy().equals(name)) {
          dispatcher.cached(record.key(), SharedOutputs.cached(cached), record.timestamp(), now);
        }
      } else if (received.problem() != null) {
        metrics.rejected();
        context().forward(Rejections.undecodable(context(), record, received), nodes.rejections);
      }
    }
  }

  /** State, and outputs too large to be kept, are found again where their attempt lies. */
  private void located(Attempt attempt) {
    InferenceRun run = attempt.getInference();
    if (run != null
        && (!run.getStates().isEmpty()
            || Tensors.bytes(run.getOutputs()) > InferenceKind.KEPT_BYTES_MAX)) {
      context()
          .recordMetadata()
          .ifPresent(
              at ->
                  run.setOutputsCoordinates(
                      new Coordinates(at.topic(), at.partition(), at.offset())));
    }
  }

  /** Only the topic of what is cached has records without a value that say something. */
  private void untrue(Record<String, Object> record, long now) {
    boolean cached =
        context()
            .recordMetadata()
            .map(metadata -> metadata.topic().equals(kind.topics().cached().name()))
            .orElse(false);
    if (cached && record.key() != null) {
      dispatcher.cached(record.key(), null, record.timestamp(), now);
    }
  }

  /**
   * A cancel whose key is no fingerprint is one of a client that does not know it. It is asked for
   * where the operation would be by its id; work that may be shared lies elsewhere, by what it is,
   * so all others are asked where that one does not know it.
   */
  private void cancel(Record<String, Object> record, Cancel cancel, long now) {
    if (cancel.getAskedPartition() != null) {
      dispatcher.cancel(cancel.getOperationId(), cancel.getReason(), now);
      return;
    }
    String fingerprint = Fingerprint.ofOperation(cancel.getOperationId());
    String key = record.key();
    if (key != null && key.length() == fingerprint.length()) {
      fingerprint = key;
    }
    byte[] bytes = fingerprint.getBytes(StandardCharsets.UTF_8);
    int home = Utils.toPositive(Utils.murmur2(bytes)) % partitions;
    if (home == context().taskId().partition()) {
      if (!dispatcher.cancel(cancel.getOperationId(), cancel.getReason(), now)) {
        askOthers(fingerprint, cancel, now);
      }
    } else {
      context().forward(new Record<>(fingerprint, cancel, now), nodes.cancels);
    }
  }

  private void askOthers(String fingerprint, Cancel cancel, long now) {
    for (int partition = 0; partition < partitions; partition++) {
      if (partition != context().taskId().partition()) {
        Cancel asked = Cancel.newBuilder(cancel).setAskedPartition(partition).build();
        context().forward(new Record<>(fingerprint, (Object) asked, now), nodes.cancels);
      }
    }
  }

  @Override
  public void task(String pool, Task task) {
    context()
        .forward(
            new Record<>(
                task.getFingerprint(),
                (Object) new PoolTask(pool, task),
                task.getOccurredAt().toEpochMilli()),
            nodes.tasks);
  }

  @Override
  public void control(Control control) {
    context()
        .forward(
            new Record<>(
                control.getOperationId(), (Object) control, control.getOccurredAt().toEpochMilli()),
            nodes.controls);
  }

  @Override
  public void attempt(Attempt attempt) {
    context()
        .forward(
            new Record<>(
                attempt.getFingerprint(), (Object) attempt, attempt.getOccurredAt().toEpochMilli()),
            nodes.releases);
  }

  @Override
  public void alert(Alert alert) {
    context()
        .forward(
            new Record<>(alert.getTenant(), (Object) alert, alert.getOccurredAt().toEpochMilli()),
            nodes.alerts);
  }

  @Override
  public void answer(Request request, Answer answer) {
    if (request.getSpeculative()) {
      // Nobody asked yet: what counts is that the output is kept and that who asks can join.
      return;
    }
    metrics.answered(answer);
    String conversation = request.getCorrelationId();
    ToolStep step =
        !conversation.isEmpty()
                && (targets.anySpeculative()
                    || sample.follows(conversation, context().currentSystemTimeMs()))
            ? kind.step(request, answer)
            : null;
    if (step != null) {
      context()
          .forward(
              new Record<>(
                  SpeculationTopology.conversation(request.getTenant(), request.getCorrelationId()),
                  (Object) step,
                  context().currentSystemTimeMs()),
              nodes.steps);
    }
    context()
        .forward(
            new Record<>(
                request.getOperationId(),
                (Object) kind.result(request, answer),
                context().currentSystemTimeMs()),
            nodes.results);
  }

  @Override
  public void chunk(Request request, Answer chunk) {
    context()
        .forward(
            new Record<>(
                request.getOperationId(),
                (Object) kind.result(request, chunk),
                context().currentSystemTimeMs()),
            nodes.results);
  }

  @Override
  public void route(Request request, String fingerprint) {
    context()
        .forward(
            new Record<>(
                fingerprint, (Object) kind.routed(request), context().currentSystemTimeMs()),
            nodes.routed);
  }

  @Override
  public void cached(String fingerprint, @Nullable CachedOutput packed) {
    context()
        .forward(
            new Record<>(
                fingerprint,
                (Object) (packed == null ? null : SharedOutputs.event(fingerprint, packed, name)),
                context().currentSystemTimeMs()),
            nodes.cached);
  }

  @Override
  public void wrote(String tenant, String conversation, long now) {
    CacheInvalidation write = new CacheInvalidation();
    write.setId(Ids.derived(tenant, conversation, Long.toString(now)));
    write.setTenant(tenant);
    write.setCorrelationId(conversation);
    write.setOccurredAt(Instant.ofEpochMilli(now));
    write.setScope(InvalidationScope.CONVERSATION);
    write.setName(conversation);
    write.setTargetVersion("");
    context()
        .forward(
            new Record<>(
                SpeculationTopology.conversation(tenant, conversation), (Object) write, now),
            nodes.writes);
  }

  @Override
  public void close() {
    metrics.gone(name);
  }
}
