package io.millrace.toolworker;

import io.millrace.worker.task.Cancellation;
import java.time.Duration;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** One thread that ends the delays of all calls; what follows a delay runs on it. */
final class DelayTimer implements AutoCloseable {

  private final ScheduledThreadPoolExecutor timer;

  DelayTimer() {
    timer =
        new ScheduledThreadPoolExecutor(
            1,
            work -> {
              Thread thread = new Thread(work, "tool-timer");
              thread.setDaemon(true);
              return thread;
            });
    timer.setRemoveOnCancelPolicy(true);
  }

  /** Ends after the delay, never before; fails when the call is called off. */
  CompletionStage<@Nullable Void> delay(Duration delay, Cancellation cancellation) {
    CompletableFuture<@Nullable Void> ended = new CompletableFuture<>();
    Future<?> scheduled =
        timer.schedule(() -> ended.complete(null), delay.toNanos(), TimeUnit.NANOSECONDS);
    cancellation.onCancel(
        () -> {
          scheduled.cancel(false);
          ended.completeExceptionally(new CancellationException("The call was called off"));
        });
    return ended;
  }

  @Override
  public void close() {
    timer.shutdownNow();
  }
}
