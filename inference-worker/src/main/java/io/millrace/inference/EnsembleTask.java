package io.millrace.inference;

import io.millrace.events.InferenceRun;
import io.millrace.events.InferenceWork;
import io.millrace.events.Tensor;
import io.millrace.inference.compose.Composite;
import io.millrace.inference.runtime.Request;
import io.millrace.worker.task.RunResult;
import io.millrace.worker.task.TaskContext;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentSkipListSet;

/** Runs one task by the ensemble, or the part of one, that its target declares. */
final class EnsembleTask {
  private final TaskContext context;
  private final InferenceWork work;
  private final Composite composite;
  private final Models models;
  private final long end;
  private final Set<String> devices = new ConcurrentSkipListSet<>();

  /**
   * A task that has not begun.
   *
   * @param models of this worker, the ensemble's among them
   */
  EnsembleTask(TaskContext context, InferenceWork work, Composite composite, Models models) {
    this.context = context;
    this.work = work;
    this.composite = composite;
    this.models = models;
    Instant latest = context.deadline();
    Instant deadline = context.task().getDeadlineAt();
    if (deadline.toEpochMilli() > 0 && deadline.isBefore(latest)) {
      latest = deadline;
    }
    this.end = System.nanoTime() + Duration.between(Instant.now(), latest).toNanos();
  }

  /** Begins it; does not wait for its models. */
  CompletionStage<RunResult> run(List<Tensor> inputs) {
    try {
      if (work.getSequenceId() != null) {
        throw ModelException.input(
            "sequence_id is given, but %s keeps no state between requests"
                .formatted(context.task().getTarget()));
      }
      return composite
          .run(
              inputs,
              work.getOutputs(),
              work.getParameters(),
              context.task().getTenant(),
              this::call)
          .handle(
              (answer, failure) ->
                  answer == null || failure != null
                      ? InferenceRunner.failed(failure)
                      : RunResult.ok(result(answer), context.target().getCostMicros()));
    } catch (ModelException e) {
      return CompletableFuture.completedFuture(InferenceRunner.failed(e));
    }
  }

  private CompletableFuture<Request.Answer> call(
      String target, List<Tensor> inputs, List<String> outputs) {
    return models
        .soon(target)
        .thenCompose(
            model -> {
              devices.add(model.device());
              return model
                  .submit(inputs, outputs, work.getPriority(), end, context.cancellation())
                  .answer();
            });
  }

  private InferenceRun result(Request.Answer answer) {
    return new InferenceRun(
        answer.outputs(),
        null,
        Map.of(),
        answer.batchMs(),
        answer.computeMs(),
        answer.batchSize(),
        String.join(",", devices),
        0,
        true,
        "",
        List.of());
  }
}
