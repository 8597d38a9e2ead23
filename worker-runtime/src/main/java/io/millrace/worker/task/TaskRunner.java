package io.millrace.worker.task;

import io.millrace.events.TargetSpec;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

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

  /**
   * A target or pool was declared, before any task of that declaration is run; for runners that
   * prepare their targets. Called for all of the log's, on one thread, and must not block.
   *
   * @param target its name, such as {@code model:sentiment@3}
   * @param declaration as the log has it; null: it was removed
   */
  default void declared(String target, @Nullable TargetSpec declaration) {}

  /**
   * Done once all that was declared until now is prepared, or cannot be: the worker takes its first
   * task then, since one that fails what others would run draws ever more of it.
   */
  default CompletionStage<Void> prepared() {
    return CompletableFuture.completedFuture(null);
  }

  /** Names of the targets that it has ready, for the worker's status; empty if it prepares none. */
  default List<String> ready() {
    return List.of();
  }

  /**
   * Why targets are not ready that should be, by their names, for the worker's status; a few of
   * them where they are many.
   */
  default Map<String, String> problems() {
    return Map.of();
  }

  /** What the worker's status says of it, in base units. */
  default Map<String, Double> metrics() {
    return Map.of();
  }
}
