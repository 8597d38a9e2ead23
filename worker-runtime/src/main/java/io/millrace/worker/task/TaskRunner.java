package io.millrace.worker.task;

import java.util.concurrent.CompletionStage;

/**
 * Runs one task of the kind that a worker serves.
 *
 * <p>Called on threads that start other tasks too, so it must not block: work that blocks goes
 * through {@link BlockingTasks}. The stage may end on any thread.
 */
@FunctionalInterface
public interface TaskRunner {

  /**
   * Starts the task.
   *
   * @param context the task, its target and its cancellation
   * @return ends with how the run ended. A stage that fails, and an exception thrown here, are
   *     reported as a tool error that may be tried again; neither stops the worker. What the stage
   *     gives after the cancellation is ignored.
   */
  CompletionStage<RunResult> run(TaskContext context);
}
