package io.millrace.inference;

import io.millrace.events.InferenceRun;
import io.millrace.events.InferenceWork;
import io.millrace.events.TargetSpec;
import io.millrace.events.Tensor;
import io.millrace.inference.compose.Composite;
import io.millrace.inference.runtime.MemoryBudget;
import io.millrace.inference.runtime.Request;
import io.millrace.worker.task.BlockingTasks;
import io.millrace.worker.task.RunResult;
import io.millrace.worker.task.TaskContext;
import io.millrace.worker.task.TaskRunner;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Semaphore;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Runs a task by the model that its target declares. */
final class InferenceRunner implements TaskRunner {

  private static final Duration READ_MAX = Duration.ofSeconds(10);

  private final Models models;
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
      MemoryBudget budget,
      RequestReader requests,
      BlockingTasks reads,
      long readBytesMax) {
    this.readKibMax = (int) Math.max(1, Math.min(Integer.MAX_VALUE, readBytesMax >> 10));
    this.readKib = new Semaphore(readKibMax);
    this.models = models;
    this.budget = budget;
    this.requests = requests;
    this.reads = reads;
  }

  @Override
  public void declared(String target, @Nullable TargetSpec declaration) {
    models.declared(target, declaration);
  }

  @Override
  public List<String> ready() {
    return models.ready();
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
      Runs runs = runs(context, work);
      if (!work.getInputs().isEmpty() || work.getInputsCoordinates() == null) {
        return run(context, runs, work.getInputs());
      }
      return reads
          .submit(() -> read(work), context.cancellation())
          .thenCompose(
              read ->
                  run(context, runs, read.inputs())
                      .whenComplete((result, failure) -> readKib.release(read.kib())))
          .exceptionally(InferenceRunner::failed);
    } catch (ModelException e) {
      return CompletableFuture.completedFuture(failed(e));
    }
  }

  /**
   * What the task asks to be run.
   *
   * @param device what it runs on
   * @param on runs it on inputs
   */
  private record Runs(
      String device, Function<List<Tensor>, CompletableFuture<Request.Answer>> on) {}

  private Runs runs(TaskContext context, InferenceWork work) {
    String target = context.task().getTarget();
    Composite composite = models.composite(target);
    if (composite == null) {
      LoadedModel model = models.ready(target);
      return new Runs(
          model.device(), inputs -> submit(context, work, model, inputs, work.getOutputs()));
    }
    String devices =
        composite.members().stream()
            .map(member -> models.ready(member).device())
            .distinct()
            .collect(Collectors.joining(","));
    return new Runs(
        devices,
        inputs ->
            composite.run(
                inputs,
                work.getOutputs(),
                work.getParameters(),
                context.task().getTenant(),
                (member, given, outputs) ->
                    submit(context, work, models.ready(member), given, outputs)));
  }

  /** Inputs that were read, and how much room they take. */
  private record Read(List<Tensor> inputs, int kib) {}

  /** Reads inputs and waits until there is room for them, which holds back those that follow. */
  private Read read(InferenceWork work) throws InterruptedException {
    List<Tensor> inputs = requests.inputs(work.getInputsCoordinates(), READ_MAX);
    long bytes = 0;
    for (Tensor input : inputs) {
      bytes += input.getData().remaining();
    }
    int kib = (int) Math.min(readKibMax, 1 + (bytes >> 10));
    readKib.acquire(kib);
    return new Read(inputs, kib);
  }

  private static CompletionStage<RunResult> run(
      TaskContext context, Runs runs, List<Tensor> inputs) {
    try {
      long cost = context.target().getCostMicros();
      return runs.on()
          .apply(inputs)
          .handle(
              (answer, failure) ->
                  answer == null || failure != null
                      ? failed(failure)
                      : RunResult.ok(result(answer, runs.device()), cost));
    } catch (ModelException e) {
      return CompletableFuture.completedFuture(failed(e));
    }
  }

  private static CompletableFuture<Request.Answer> submit(
      TaskContext context,
      InferenceWork work,
      LoadedModel model,
      List<Tensor> inputs,
      List<String> outputs) {
    Instant latest = context.deadline();
    Instant deadline = context.task().getDeadlineAt();
    if (deadline.toEpochMilli() > 0 && deadline.isBefore(latest)) {
      latest = deadline;
    }
    long left = Duration.between(Instant.now(), latest).toNanos();
    return model
        .submit(
            inputs, outputs, work.getPriority(), System.nanoTime() + left, context.cancellation())
        .answer();
  }

  private static InferenceRun result(Request.Answer answer, String device) {
    return new InferenceRun(
        answer.outputs(),
        null,
        Map.of(),
        answer.batchMs(),
        answer.computeMs(),
        answer.batchSize(),
        device,
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
