package io.millrace.topologies;

import io.millrace.schemas.identity.Ids;
import java.time.Duration;
import java.time.Instant;
import org.apache.kafka.streams.kstream.Windowed;
import org.apache.kafka.streams.state.KeyValueIterator;
import org.apache.kafka.streams.state.WindowStore;
import org.apache.kafka.streams.state.WindowStoreIterator;
import org.jspecify.annotations.Nullable;

/**
 * How operations ended, by operation id, for the dedupe window.
 *
 * <p>An entry lies in the window store at the time that its id carries, so that one look-up finds
 * it; the answer to an id without a time lies at the time of the answer and is searched for.
 *
 * <p>Nearly every look-up asks for an operation that is new. Ids come in the order of their times
 * and are answered later, so an id that is younger than all that were kept is known to be new
 * without the store being asked.
 *
 * @param <V> what is kept
 */
public final class Answered<V> {
  /** An id is looked for that far in the future, should the clock have been set back. */
  private static final Duration AHEAD = Duration.ofDays(1);

  private final WindowStore<String, V> store;
  private final Duration window;

  /** The latest time of an id that has an entry, milliseconds since the epoch. */
  private long latest;

  /**
   * @param store as it was left by whoever wrote to it before
   * @param window how long answers are found
   * @param nowMillis milliseconds since the epoch
   */
  public Answered(WindowStore<String, V> store, Duration window, long nowMillis) {
    this.store = store;
    this.window = window;
    this.latest = latest(nowMillis);
  }

  /**
   * Keys are ordered as the times of the ids are, so the last one of each segment is the latest.
   */
  private long latest(long nowMillis) {
    Instant from = Instant.EPOCH;
    Instant to = Instant.ofEpochMilli(nowMillis).plus(AHEAD);
    try (KeyValueIterator<Windowed<String>, V> backwards =
        store.backwardFetch(Ids.firstAt(from), Ids.firstAt(to), from, to)) {
      while (backwards.hasNext()) {
        Instant made = Ids.timeOf(backwards.next().key.key()).orElse(null);
        if (made != null) {
          return made.toEpochMilli();
        }
      }
    }
    return 0;
  }

  /** How long a store must retain entries so that none is lost within the window. */
  public static Duration retention(Duration window, Duration clockSkew) {
    return window.plus(clockSkew).plus(clockSkew);
  }

  /** What was kept for the operation, or null. */
  public @Nullable V get(String operationId, long nowMillis) {
    Instant made = Ids.timeOf(operationId).orElse(null);
    if (made != null) {
      return made.toEpochMilli() > latest ? null : store.fetch(operationId, made.toEpochMilli());
    }
    Instant now = Instant.ofEpochMilli(nowMillis);
    try (WindowStoreIterator<V> found = store.backwardFetch(operationId, now.minus(window), now)) {
      return found.hasNext() ? found.next().value : null;
    }
  }

  /** Keeps it. */
  public void put(String operationId, long nowMillis, V value) {
    Instant made = Ids.timeOf(operationId).orElse(null);
    if (made == null) {
      store.put(operationId, value, nowMillis);
    } else {
      latest = Math.max(latest, made.toEpochMilli());
      store.put(operationId, value, made.toEpochMilli());
    }
  }
}
