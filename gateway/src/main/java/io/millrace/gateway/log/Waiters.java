package io.millrace.gateway.log;

import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Those who wait for the answer to an operation, by its id; a bounded number of them.
 *
 * @param <A> the answer
 */
final class Waiters<A> {
  private final Map<String, CompletableFuture<A>> waiting = new ConcurrentHashMap<>();
  private final Semaphore room;

  Waiters(int max) {
    this.room = new Semaphore(max);
  }

  /**
   * Begins to wait; ends with the answer, with a {@link java.util.concurrent.TimeoutException} or
   * when the result is cancelled.
   *
   * @return empty if there are too many
   */
  Optional<CompletableFuture<A>> await(String operationId, Duration longest) {
    if (!room.tryAcquire()) {
      return Optional.empty();
    }
    CompletableFuture<A> waiter = new CompletableFuture<>();
    waiting.put(operationId, waiter);
    waiter.whenComplete(
        (answer, failure) -> {
          if (waiting.remove(operationId, waiter)) {
            room.release();
          }
        });
    return Optional.of(waiter.orTimeout(longest.toMillis(), TimeUnit.MILLISECONDS));
  }

  /** Who waits for this operation; null if nobody does. */
  @Nullable CompletableFuture<A> of(String operationId) {
    return waiting.get(operationId);
  }

  /** How many wait. */
  int count() {
    return waiting.size();
  }
}
