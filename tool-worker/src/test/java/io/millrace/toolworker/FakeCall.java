package io.millrace.toolworker;

import io.millrace.events.Task;
import io.millrace.worker.task.BlockingTasks;
import io.millrace.worker.task.Cancellation;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/** A call without a worker around it; delays end at once and are remembered. */
public final class FakeCall implements CallContext, AutoCloseable {

  private final BlockingTasks blocking = new BlockingTasks("fake", 4, 4);
  private final Cancellation cancellation = new Cancellation();
  private Duration delayed = Duration.ZERO;

  /** The sum of all delays asked for. */
  public Duration delayed() {
    return delayed;
  }

  @Override
  public Task task() {
    return Task.newBuilder().build();
  }

  @Override
  public Cancellation cancellation() {
    return cancellation;
  }

  @Override
  public Instant deadline() {
    return Instant.MAX;
  }

  @Override
  public <T extends @Nullable Object> CompletionStage<T> blocking(Callable<T> work) {
    return blocking.submit(work, cancellation);
  }

  @Override
  public CompletionStage<@Nullable Void> delay(Duration delay) {
    delayed = delayed.plus(delay);
    return CompletableFuture.completedFuture(null);
  }

  @Override
  public void close() {
    blocking.close();
  }
}
