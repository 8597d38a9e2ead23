package io.millrace.worker.task;

import io.millrace.events.TargetSpec;
import io.millrace.events.Task;
import java.time.Instant;

/**
 * What a runner is given for one task.
 *
 * @param task the task; its arguments are JSON text
 * @param target the target as the log declares it
 * @param cancellation tells when the run is called off: by a caller, a timeout or a stopping worker
 * @param deadline when the run is called off unless it has ended by then
 */
public record TaskContext(
    Task task, TargetSpec target, Cancellation cancellation, Instant deadline) {}
