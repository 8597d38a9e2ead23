package io.millrace.topologies;

import io.millrace.schemas.identity.Ids;
import java.time.Duration;
import java.time.Instant;
import org.apache.kafka.streams.state.WindowStore;
import org.apache.kafka.streams.state.WindowStoreIterator;
import org.jspecify.annotations.Nullable;

/**
 * How operations ended, by operation id, for the dedupe window.
 *
 * <p>An entry lies in the window store at the time that its id carries, so that one look-up finds
 * it; the answer to an id without a time lies at the time of the answer and is searched for.
 *
 * @param <V> what is kept
 */
public final class Answered<V> {
  private final WindowStore<String, V> store;
  private final Duration window;

  /**
   * @param window how long answers are found
   */
  public Answered(WindowStore<String, V> store, Duration window) {
    this.store = store;
    this.window = window;
  }

  /** How long a store must retain entries so that none is lost within the window. */
  public static Duration retention(Duration window, Duration clockSkew) {
    return window.plus(clockSkew).plus(clockSkew);
  }

  /** What was kept for the operation, or null. */
  public @Nullable V get(String operationId, long nowMillis) {
    Instant made = Ids.timeOf(operationId).orElse(null);
    if (made != null) {
      return store.fetch(operationId, made.toEpochMilli());
    }
    Instant now = Instant.ofEpochMilli(nowMillis);
    try (WindowStoreIterator<V> found = store.backwardFetch(operationId, now.minus(window), now)) {
      return found.hasNext() ? found.next().value : null;
    }
  }

  /** Keeps it. */
  public void put(String operationId, long nowMillis, V value) {
    long at = Ids.timeOf(operationId).map(Instant::toEpochMilli).orElse(nowMillis);
    store.put(operationId, value, at);
  }
}
