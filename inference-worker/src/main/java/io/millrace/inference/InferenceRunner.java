package io.millrace.inference;

import io.millrace.events.Attempt;
import io.millrace.events.Coordinates;
import io.millrace.events.InferenceRequest;
import io.millrace.events.InferenceRun;
import io.millrace.events.InferenceWork;
import io.millrace.events.TargetSpec;
import io.millrace.events.Tensor;
import io.millrace.inference.compose.Composite;
import io.millrace.inference.remote.RemoteModels;
import io.millrace.inference.repository.SequencePlan;
import io.millrace.inference.repository.StreamPlan;
import io.millrace.inference.runtime.Gpus;
import io.millrace.inference.runtime.MemoryBudget;
import io.millrace.inference.runtime.Request;
import io.millrace.worker.task.BlockingTasks;
import io.millrace.worker.task.RunResult;
import io.millrace.worker.task.TaskContext;
import io.millrace.worker.task.TaskRunner;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Semaphore;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** Runs a task by the model that its target declares. */
final class InferenceRunner implements TaskRunner {

  private static final long STATES_BYTES_MAX = 64L << 20;
  private static final Duration READ_MAX = Duration.ofSeconds(10);

  private final Models models;
  private final RemoteModels remotes;
  private final MemoryBudget budget;
  private final Gpus gpus;
  private final LogReader<InferenceRequest> requests;
  private final LogReader<Attempt> attempts;
  private final SequenceStates states = new SequenceStates(STATES_BYTES_MAX);
  private final BlockingTasks reads;
  private final Semaphore readKib;
  private final int readKibMax;

  /**
   * A runner.
   *
   * @param requests reads inputs that the task only points to
   * @param attempts reads states of sequences that are not at hand
   * @param reads threads for that
   * @param readBytesMax no more inputs are read while those in hand have this many bytes
   */
  InferenceRunner(
      Models models,
      RemoteModels remotes,
      MemoryBudget budget,
      Gpus gpus,
      LogReader<InferenceRequest> requests,
      LogReader<Attempt> attempts,
      BlockingTasks reads,
      long readBytesMax) {
    this.readKibMax = (int) Math.max(1, Math.min(Integer.MAX_VALUE, readBytesMax >> 10));
    this.readKib = new Semaphore(readKibMax);
    this.models = models;
    this.remotes = remotes;
    this.budget = budget;
    this.gpus = gpus;
    this.requests = requests;
    this.attempts = attempts;
    this.reads = reads;
  }

  @Override
  public void declared(String target, @Nullable TargetSpec declaration) {
    models.declared(target, declaration);
    remotes.declared(target, declaration);
  }

  @Override
  public CompletionStage<Void> prepared() {
    return models.settled();
  }

  @Override
  public List<String> ready() {
    List<String> ready = new ArrayList<>(models.ready());
    ready.addAll(remotes.ready());
    return ready;
  }

  @Override
  public Map<String, String> problems() {
    Map<String, String> problems = new TreeMap<>(models.problems());
    problems.putAll(remotes.problems());
    return problems;
  }

  @Override
  public Map<String, Double> metrics() {
    Map<String, Double> metrics = new HashMap<>(gpus.metrics());
    metrics.put("models_not_ready", (double) models.missing());
    metrics.put("models_memory_bytes", (double) budget.taken());
    metrics.put("models_requests_waiting", (double) models.waiting());
    metrics.put("models_states_bytes", (double) states.bytes());
    return metrics;
  }

  @Override
  public CompletionStage<RunResult> run(TaskContext context) {
    InferenceWork work = context.task().getInference();
    try {
      if (work == null) {
        throw ModelException.input("The task says nothing of a model's inputs");
      }
      if (remotes.has(context.task().getTarget())) {
        return withInputs(context, work, inputs -> remote(context, work, inputs))
            .exceptionally(InferenceRunner::failed);
      }
      Composite composite = models.composite(context.task().getTarget());
      if (composite != null) {
        EnsembleTask task = new EnsembleTask(context, work, composite, models);
        return withInputs(context, work, task::run).exceptionally(InferenceRunner::failed);
      }
      return models
          .soon(context.task().getTarget())
          .thenCompose(model -> run(context, work, model))
          .exceptionally(InferenceRunner::failed);
    } catch (ModelException e) {
      return CompletableFuture.completedFuture(failed(e));
    }
  }

  private CompletionStage<RunResult> run(
      TaskContext context, InferenceWork work, LoadedModel model) {
    boolean sequenced = model.contract().sequence() != null;
    if (sequenced != (work.getSequenceId() != null)) {
      throw ModelException.input(
          sequenced
              ? "sequence_id is missing; %s keeps state between the requests of a sequence"
                  .formatted(context.task().getTarget())
              : "sequence_id is given, but %s keeps no state between requests"
                  .formatted(context.task().getTarget()));
    }
    return withInputs(context, work, inputs -> run(context, work, model, inputs));
  }

  private CompletionStage<RunResult> withInputs(
      TaskContext context,
      InferenceWork work,
      Function<List<Tensor>, CompletionStage<RunResult>> run) {
    if (!work.getInputs().isEmpty() || work.getInputsCoordinates() == null) {
      return run.apply(work.getInputs());
    }
    return reads
        .submit(() -> read(work), context.cancellation())
        .thenCompose(
            read ->
                run.apply(read.inputs())
                    .whenComplete((result, failure) -> readKib.release(read.kib())));
  }

  private CompletionStage<RunResult> remote(
      TaskContext context, InferenceWork work, List<Tensor> inputs) {
    Duration left = Duration.between(Instant.now(), latest(context));
    if (left.isNegative() || left.isZero()) {
      return CompletableFuture.failedFuture(
          new ModelException("DEADLINE_EXCEEDED", "The deadline passed before it ran", false));
    }
    return remotes
        .run(context.task().getTarget(), work, inputs, left, context.cancellation())
        .thenApply(run -> RunResult.ok(run, context.target().getCostMicros()));
  }

  /** When the run must have ended. */
  private static Instant latest(TaskContext context) {
    Instant deadline = context.task().getDeadlineAt();
    return deadline.toEpochMilli() > 0 && deadline.isBefore(context.deadline())
        ? deadline
        : context.deadline();
  }

  /** Inputs that were read, and how much room they take. */
  private record Read(List<Tensor> inputs, int kib) {}

  /** Reads inputs and waits until there is room for them, which holds back those that follow. */
  private Read read(InferenceWork work) throws InterruptedException {
    InferenceRequest request = requests.read(work.getInputsCoordinates(), READ_MAX);
    List<Tensor> inputs = new ArrayList<>(request.getInputs());
    // A call of an ensemble brings what was made on the way and names where its own inputs lie.
    if (request.getInputsCoordinates() != null) {
      inputs.addAll(requests.read(request.getInputsCoordinates(), READ_MAX).getInputs());
    }
    long bytes = 0;
    for (Tensor input : inputs) {
      bytes += input.getData().remaining();
    }
    int kib = (int) Math.min(readKibMax, 1 + (bytes >> 10));
    readKib.acquire(kib);
    return new Read(inputs, kib);
  }

  private CompletionStage<RunResult> run(
      TaskContext context, InferenceWork work, LoadedModel model, List<Tensor> inputs) {
    try {
      long left = Duration.between(Instant.now(), latest(context)).toNanos();
      long end = System.nanoTime() + left;
      StreamPlan stream = model.contract().stream();
      if (stream != null) {
        return StreamRun.start(context, model, stream, work, inputs, end);
      }
      SequencePlan sequence = model.contract().sequence();
      if (sequence != null) {
        return run(context, new SequenceRun(context, model, sequence, work, states), inputs, end);
      }
      Request request =
          model.submit(inputs, work.getOutputs(), work.getPriority(), end, context.cancellation());
      long cost = context.target().getCostMicros();
      return request
          .answer()
          .handle(
              (answer, failure) ->
                  answer == null || failure != null
                      ? failed(failure)
                      : RunResult.ok(run(answer, answer.outputs(), model, 0, true, ""), cost));
    } catch (ModelException e) {
      return CompletableFuture.completedFuture(failed(e));
    }
  }

  /** Runs a request of a sequence, once its state is there. */
  private CompletionStage<RunResult> run(
      TaskContext context, SequenceRun run, List<Tensor> inputs, long deadline) {
    List<Tensor> state = run.state();
    if (state != null) {
      return run.start(inputs, state, deadline);
    }
    InferenceWork work = context.task().getInference();
    Coordinates at = work == null ? null : work.getStateCoordinates();
    if (at == null) {
      throw ModelException.input("state_task_id is given, but not where its state lies");
    }
    return reads
        .submit(() -> SequenceRun.stateOf(attempts.read(at, READ_MAX)), context.cancellation())
        .thenCompose(read -> run.start(inputs, read, deadline))
        .exceptionally(InferenceRunner::failed);
  }

  /** What a run gave, or a chunk of it. */
  static InferenceRun run(
      Request.Answer answer,
      List<Tensor> outputs,
      LoadedModel model,
      int chunk,
      boolean last,
      String chunksDigest) {
    return new InferenceRun(
        outputs,
        null,
        Map.of(),
        answer.batchMs(),
        answer.computeMs(),
        answer.batchSize(),
        model.device(),
        chunk,
        last,
        chunksDigest,
        List.of());
  }

  /** How a run that failed ended. */
  static RunResult failed(@Nullable Throwable failure) {
    Throwable cause = failure;
    while (cause instanceof CompletionException && cause.getCause() != null) {
      cause = cause.getCause();
    }
    if (cause instanceof ModelException model) {
      return RunResult.failed(model.code(), String.valueOf(model.getMessage()), model.retryable());
    }
    throw new CompletionException(cause);
  }
}
