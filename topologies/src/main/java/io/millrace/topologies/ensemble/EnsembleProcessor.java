package io.millrace.topologies.ensemble;

import io.millrace.events.Attempt;
import io.millrace.events.AttemptPhase;
import io.millrace.events.Audit;
import io.millrace.events.CircuitState;
import io.millrace.events.Failure;
import io.millrace.events.HealthStatus;
import io.millrace.events.InferenceFeedback;
import io.millrace.events.InferenceResult;
import io.millrace.events.ModelSpec;
import io.millrace.events.Outcome;
import io.millrace.events.Task;
import io.millrace.schemas.serde.Received;
import io.millrace.schemas.topics.InferenceTopics;
import io.millrace.schemas.topics.Topic;
import io.millrace.state.EnsembleProgress;
import io.millrace.topologies.Rejections;
import io.millrace.topologies.Ticks;
import io.millrace.topologies.dispatch.RequestMetrics;
import io.millrace.topologies.dispatch.logic.Timers;
import io.millrace.topologies.ensemble.logic.Choices;
import io.millrace.topologies.ensemble.logic.EnsembleCalls;
import io.millrace.topologies.ensemble.logic.RunningEnsemble;
import io.millrace.topologies.ensemble.logic.Selections;
import io.millrace.topologies.ensemble.logic.Shadows;
import io.millrace.topologies.ensemble.logic.SplitFold;
import io.millrace.topologies.ensemble.logic.SplitTable;
import io.millrace.topologies.targets.Target;
import io.millrace.topologies.targets.TargetTable;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.kafka.streams.KeyValue;
import org.apache.kafka.streams.processor.api.ContextualProcessor;
import org.apache.kafka.streams.processor.api.ProcessorContext;
import org.apache.kafka.streams.processor.api.Record;
import org.apache.kafka.streams.state.KeyValueIterator;
import org.apache.kafka.streams.state.KeyValueStore;

/**
 * Runs the ensembles of one partition: takes their tasks as a worker does, and calls their parts as
 * a client.
 *
 * <p>Only the tasks are kept: after a restart their calls are made again under the same ids, and
 * dispatch gives the answers that were given before.
 */
final class EnsembleProcessor extends ContextualProcessor<String, Object, String, Object> {
  private static final Duration TICK = Duration.ofMillis(10);
  private static final Duration FLUSH = Duration.ofSeconds(1);
  private static final long BEAT_MILLIS = 1_000;
  private static final int RUNNING_MAX = 1_000;
  private static final long BYTES_MAX = 256L << 20;

  private final TargetTable targets;
  private final SplitTable splits;
  private final RequestMetrics metrics;
  private final Map<String, RunningEnsemble> running = new HashMap<>();
  private final Map<String, RunningEnsemble> byCall = new HashMap<>();
  private final Map<String, Composed> composed = new HashMap<>();
  private final Selections selections = new Selections();
  private final Timers<String> deadlines = new Timers<>();
  private final Timers<String> beats = new Timers<>();
  private Ticks ticks;
  private KeyValueStore<String, EnsembleProgress> kept;
  private KeyValueStore<String, byte[]> learnt;
  private EnsembleCalls calls;
  private EnsembleAttempts attempts;
  private SplitFold fold;
  private boolean resumed;

  /** What lives as long as this, of one ensemble. */
  private record Composed(Choices choices, Shadows shadows) {}

  @SuppressWarnings("NullAway.Init") // Kafka calls init before anything else
  EnsembleProcessor(TargetTable targets, SplitTable splits, RequestMetrics metrics) {
    this.targets = targets;
    this.splits = splits;
    this.metrics = metrics;
  }

  @Override
  public void init(ProcessorContext<String, Object> context) {
    super.init(context);
    int partition = context.taskId().partition();
    String name = EnsembleTopology.ENSEMBLE + "/" + partition;
    ticks = new Ticks(context);
    kept = context.getStateStore(EnsembleTopology.RUNNING);
    learnt = context.getStateStore(EnsembleTopology.LEARNT);
    try (KeyValueIterator<String, byte[]> all = learnt.all()) {
      all.forEachRemaining(entry -> selections.recall(entry.key, entry.value));
    }
    calls = new EnsembleCalls(partition);
    attempts = new EnsembleAttempts(name);
    fold = new SplitFold(name);
    ticks.every(TICK, this::tick);
    ticks.every(FLUSH, this::flush);
  }

  private void tick(long now) {
    resume(now);
    deadlines.expire(now, id -> timeout(id, now));
    beats.expire(now, id -> beat(id, now));
  }

  /** Takes up the ensembles of an earlier run; not in init, which may not forward. */
  private void resume(long now) {
    if (resumed) {
      return;
    }
    resumed = true;
    List<Task> tasks = new ArrayList<>();
    try (KeyValueIterator<String, EnsembleProgress> all = kept.all()) {
      while (all.hasNext()) {
        KeyValue<String, EnsembleProgress> entry = all.next();
        tasks.add(entry.value.getTask());
      }
    }
    tasks.forEach(task -> begin(task, now));
  }

  @Override
  public void process(Record<String, Object> record) {
    long now = ticks.now();
    resume(now);
    if (!(record.value() instanceof Received<?> received)) {
      return;
    }
    if (received.record() instanceof Task task) {
      begin(task, now);
    } else if (received.record() instanceof InferenceResult result) {
      result(result, now);
    } else if (received.record() instanceof InferenceFeedback feedback) {
      feedback(feedback, now);
    } else if (received.problem() != null && !from(InferenceTopics.RESULTS)) {
      // Undecodable results are rejected by the events processor, which reads them too.
      metrics.rejected();
      context()
          .forward(
              Rejections.undecodable(context(), record, received), EnsembleTopology.REJECTIONS);
    }
  }

  private boolean from(Topic<?> topic) {
    return context().recordMetadata().map(at -> at.topic().equals(topic.name())).orElse(false);
  }

  /** It lies where its operation id hashes to; the choice was made where the request is at home. */
  private void feedback(InferenceFeedback feedback, long now) {
    boolean known = selections.feedback(feedback.getOperationId(), feedback.getGood());
    if (!known && from(InferenceTopics.FEEDBACK)) {
      context()
          .forward(
              new Record<>(feedback.getOperationId(), (Object) feedback, now),
              EnsembleTopology.FEEDBACK);
    }
  }

  private void begin(Task task, long now) {
    String id = task.getId();
    if (running.containsKey(id)) {
      return;
    }
    Target target = targets.target(task.getTarget());
    ModelSpec model = target == null ? null : target.spec().getModel();
    if (model == null || model.getSteps().isEmpty()) {
      refuse(
          task,
          "TARGET_UNKNOWN",
          "%s is no ensemble, or not ready".formatted(task.getTarget()),
          now);
      return;
    }
    if (running.size() >= RUNNING_MAX || bytes() > BYTES_MAX) {
      refuse(task, "OVERLOADED", "too many ensembles are under way on this partition", now);
      return;
    }
    Composed of = composed.computeIfAbsent(task.getTarget(), this::compose);
    RunningEnsemble begun = new RunningEnsemble(task, model, calls, of.choices(), of.shadows());
    long deadline = EnsembleCalls.deadline(task);
    running.put(id, begun);
    kept.put(id, new EnsembleProgress(task, deadline));
    deadlines.set(id, deadline);
    beats.set(id, now + BEAT_MILLIS);
    advance(begun, begun.start(now), now);
  }

  private Composed compose(String ensemble) {
    Choices choices = new Choices(ensemble, this::usable, splits, fold, selections);
    return new Composed(choices, new Shadows(ensemble, fold, choices));
  }

  private long bytes() {
    return running.size() < 32
        ? 0
        : running.values().stream().mapToLong(RunningEnsemble::bytes).sum();
  }

  private boolean usable(String target) {
    HealthStatus health = targets.health(target);
    return targets.target(target) != null
        && (health == null || health.getCircuit() != CircuitState.OPEN);
  }

  private void refuse(Task task, String code, String message, long now) {
    kept.delete(task.getId());
    send(attempts.failed(task, Outcome.TOOL_ERROR, new Failure(code, message), true, now), now);
  }

  private void result(InferenceResult result, long now) {
    RunningEnsemble of = byCall.remove(result.getOperationId());
    if (of != null) {
      advance(of, of.onResult(result, now), now);
    } else if (result.getParentId() != null) {
      for (Composed each : composed.values()) {
        if (each.shadows().onResult(result, now)) {
          return;
        }
      }
    }
  }

  private void advance(RunningEnsemble of, List<EnsembleCalls.Call> made, long now) {
    for (EnsembleCalls.Call call : made) {
      if (of.outstanding().contains(call.request().getId())) {
        byCall.put(call.request().getId(), of);
      }
      context()
          .forward(
              new Record<>(call.fingerprint(), (Object) call.request(), now),
              EnsembleTopology.CALLS);
    }
    if (of.ended()) {
      end(of, now);
    }
  }

  private void end(RunningEnsemble of, long now) {
    Task task = of.task();
    running.remove(task.getId());
    deadlines.remove(task.getId());
    beats.remove(task.getId());
    kept.delete(task.getId());
    for (String call : of.outstanding()) {
      byCall.remove(call);
      context()
          .forward(
              new Record<>(
                  EnsembleAttempts.key(call), (Object) attempts.cancel(task, call, now), now),
              EnsembleTopology.CANCELS);
    }
    Failure failure = of.failure();
    send(
        failure == null
            ? attempts.done(task, of.run(), of.costMicros(), now)
            : attempts.failed(task, of.outcome(), failure, of.retryable(), now),
        now);
  }

  private void timeout(String id, long now) {
    RunningEnsemble of = running.get(id);
    if (of != null) {
      of.stop(
          Outcome.TIMEOUT,
          "TIMEOUT",
          "%s had not ended in its time; raise its timeout if it needs longer"
              .formatted(of.task().getTarget()));
      end(of, now);
    }
  }

  private void beat(String id, long now) {
    RunningEnsemble of = running.get(id);
    if (of != null) {
      send(attempts.attempt(of.task(), AttemptPhase.RUNNING, now), now);
      beats.set(id, now + BEAT_MILLIS);
    }
  }

  private void flush(long now) {
    fold.flush(now)
        .forEach(
            (key, evidence) ->
                context()
                    .forward(new Record<>(key, (Object) evidence, now), EnsembleTopology.EVIDENCE));
    selections.memories(now).forEach(learnt::put);
    for (Selections.Change change : selections.changes()) {
      Audit audit = EnsembleAudits.of(change, now);
      context()
          .forward(new Record<>(audit.getTenant(), (Object) audit, now), EnsembleTopology.AUDIT);
    }
  }

  private void send(Attempt attempt, long now) {
    context()
        .forward(
            new Record<>(attempt.getFingerprint(), (Object) attempt, now),
            EnsembleTopology.ATTEMPTS);
  }
}
