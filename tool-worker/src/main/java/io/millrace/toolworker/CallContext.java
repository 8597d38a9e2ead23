package io.millrace.toolworker;

import io.millrace.events.Task;
import io.millrace.worker.task.Cancellation;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/** What belongs to one call of a tool. */
public interface CallContext {

  /** The task: operation id, tenant, attempt and the rest. */
  Task task();

  /** Tells when the call is called off. */
  Cancellation cancellation();

  /** When the call is called off unless it has ended. */
  Instant deadline();

  /**
   * Runs work that blocks on one of the worker's bounded threads.
   *
   * @param work interrupted when the call is called off
   * @return ends with what the work returned or threw
   */
  <T extends @Nullable Object> CompletionStage<T> blocking(Callable<T> work);

  /**
   * Waits without holding a thread.
   *
   * @param delay 0 or more
   * @return ends after the delay, never before; fails when the call is called off
   */
  CompletionStage<@Nullable Void> delay(Duration delay);
}
