package io.millrace.worker.task;

import io.millrace.events.InferenceRun;
import io.millrace.events.TargetSpec;
import io.millrace.events.Task;
import java.time.Instant;
import java.util.function.Consumer;

/**
 * What a runner is given for one task.
 *
 * @param task the task; its arguments are JSON text
 * @param target the target as the log declares it
 * @param cancellation tells when the run is called off: by a caller, a timeout or a stopping worker
 * @param deadline when the run is called off unless it has ended by then
 * @param chunks takes the parts of a streamed answer while the task runs, one after the other; the
 *     last one is how the run ends
 */
public record TaskContext(
    Task task,
    TargetSpec target,
    Cancellation cancellation,
    Instant deadline,
    Consumer<InferenceRun> chunks) {

  /** For a run whose answer has no parts. */
  public TaskContext(Task task, TargetSpec target, Cancellation cancellation, Instant deadline) {
    this(task, target, cancellation, deadline, chunk -> {});
  }
}
