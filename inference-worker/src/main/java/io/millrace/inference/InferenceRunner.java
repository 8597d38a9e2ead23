package io.millrace.inference;

import io.millrace.events.InferenceRun;
import io.millrace.events.InferenceWork;
import io.millrace.events.TargetSpec;
import io.millrace.events.Tensor;
import io.millrace.inference.remote.RemoteModels;
import io.millrace.inference.runtime.MemoryBudget;
import io.millrace.inference.runtime.Request;
import io.millrace.worker.task.BlockingTasks;
import io.millrace.worker.task.RunResult;
import io.millrace.worker.task.TaskContext;
import io.millrace.worker.task.TaskRunner;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Semaphore;
import org.jspecify.annotations.Nullable;

/** Runs a task by the model that its target declares. */
final class InferenceRunner implements TaskRunner {

  private static final Duration READ_MAX = Duration.ofSeconds(10);

  private final Models models;
  private final RemoteModels remotes;
  private final MemoryBudget budget;
  private final RequestReader requests;
  private final BlockingTasks reads;
  private final Semaphore readKib;
  private final int readKibMax;

  /**
   * A runner.
   *
   * @param requests reads inputs that the task only points to
   * @param reads threads for that
   * @param readBytesMax no more inputs are read while those in hand have this many bytes
   */
  InferenceRunner(
      Models models,
      RemoteModels remotes,
      MemoryBudget budget,
      RequestReader requests,
      BlockingTasks reads,
      long readBytesMax) {
    this.readKibMax = (int) Math.max(1, Math.min(Integer.MAX_VALUE, readBytesMax >> 10));
    this.readKib = new Semaphore(readKibMax);
    this.models = models;
    this.remotes = remotes;
    this.budget = budget;
    this.requests = requests;
    this.reads = reads;
  }

  @Override
  public void declared(String target, @Nullable TargetSpec declaration) {
    models.declared(target, declaration);
    remotes.declared(target, declaration);
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
    return Map.of(
        "models_not_ready", (double) models.missing(),
        "models_memory_bytes", (double) budget.taken(),
        "models_requests_waiting", (double) models.waiting());
  }

  @Override
  public CompletionStage<RunResult> run(TaskContext context) {
    InferenceWork work = context.task().getInference();
    try {
      if (work == null) {
        throw ModelException.input("The task says nothing of a model's inputs");
      }
      if (work.getSequenceId() != null) {
        throw ModelException.input(
            "sequence_id is given, but %s keeps no state between requests"
                .formatted(context.task().getTarget()));
      }
      if (remotes.has(context.task().getTarget())) {
        return remote(context, work);
      }
      LoadedModel model = models.ready(context.task().getTarget());
      if (!work.getInputs().isEmpty() || work.getInputsCoordinates() == null) {
        return run(context, work, model, work.getInputs());
      }
      return reads
          .submit(() -> read(work), context.cancellation())
          .thenCompose(
              read ->
                  run(context, work, model, read.inputs())
                      .whenComplete((result, failure) -> readKib.release(read.kib())))
          .exceptionally(InferenceRunner::failed);
    } catch (ModelException e) {
      return CompletableFuture.completedFuture(failed(e));
    }
  }

  private CompletionStage<RunResult> remote(TaskContext context, InferenceWork work) {
    CompletionStage<RunResult> ran =
        !work.getInputs().isEmpty() || work.getInputsCoordinates() == null
            ? remote(context, work, work.getInputs())
            : reads
                .submit(() -> read(work), context.cancellation())
                .thenCompose(
                    read ->
                        remote(context, work, read.inputs())
                            .whenComplete((result, failure) -> readKib.release(read.kib())));
    return ran.exceptionally(InferenceRunner::failed);
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
    List<Tensor> inputs = requests.read(work.getInputsCoordinates(), READ_MAX).getInputs();
    long bytes = 0;
    for (Tensor input : inputs) {
      bytes += input.getData().remaining();
    }
    int kib = (int) Math.min(readKibMax, 1 + (bytes >> 10));
    readKib.acquire(kib);
    return new Read(inputs, kib);
  }

  private static CompletionStage<RunResult> run(
      TaskContext context, InferenceWork work, LoadedModel model, List<Tensor> inputs) {
    try {
      long left = Duration.between(Instant.now(), latest(context)).toNanos();
      Request request =
          model.submit(
              inputs,
              work.getOutputs(),
              work.getPriority(),
              System.nanoTime() + left,
              context.cancellation());
      long cost = context.target().getCostMicros();
      return request
          .answer()
          .handle(
              (answer, failure) ->
                  answer == null || failure != null
                      ? failed(failure)
                      : RunResult.ok(result(answer, model), cost));
    } catch (ModelException e) {
      return CompletableFuture.completedFuture(failed(e));
    }
  }

  private static InferenceRun result(Request.Answer answer, LoadedModel model) {
    return new InferenceRun(
        answer.outputs(),
        null,
        Map.of(),
        answer.batchMs(),
        answer.computeMs(),
        answer.batchSize(),
        model.device(),
        0,
        true);
  }

  private static RunResult failed(@Nullable Throwable failure) {
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
