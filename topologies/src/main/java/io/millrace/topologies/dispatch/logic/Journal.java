package io.millrace.topologies.dispatch.logic;

import io.millrace.state.Answer;
import io.millrace.state.CachedOutput;
import io.millrace.state.Flight;
import io.millrace.state.Request;
import io.millrace.state.Sequence;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/**
 * What dispatch keeps across restarts. Writes are durable in their order; what was written is read
 * at once.
 */
public interface Journal {
  /** Writes a flight, or removes it if null. */
  void flight(String fingerprint, @Nullable Flight flight);

  /** Writes an operation that waits for a flight, or removes it if null. */
  void waiter(String fingerprint, String operationId, @Nullable Request request);

  /** Gives every flight to {@code flights} and every waiter, by fingerprint, to {@code waiters}. */
  void restore(BiConsumer<String, Flight> flights, BiConsumer<String, Request> waiters);

  /** How the operation ended, or null if it did not within the dedupe window. */
  @Nullable Answer answer(String operationId, long nowMillis);

  /** Keeps how the operation ended for the dedupe window. */
  void answer(String operationId, long nowMillis, Answer answer);

  /** The output cached for a fingerprint, or null. */
  @Nullable CachedOutput cached(String fingerprint);

  /** Caches an output, or removes it if null. */
  void cached(String fingerprint, @Nullable CachedOutput output);

  /** Writes where a sequence stands, or removes it if null. */
  void sequence(String key, @Nullable Sequence sequence);

  /** Gives every sequence, by its key, to {@code sequences}. */
  void restoreSequences(BiConsumer<String, Sequence> sequences);

  /** Gives every cached output, by fingerprint, to {@code entries}. */
  void restoreCache(BiConsumer<String, CachedOutput> entries);
}
