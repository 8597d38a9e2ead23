package io.millrace.topologies.dispatch;

import io.millrace.state.Answer;
import io.millrace.state.CachedOutput;
import io.millrace.state.Flight;
import io.millrace.state.Request;
import io.millrace.state.Sequence;
import io.millrace.topologies.Answered;
import io.millrace.topologies.dispatch.logic.Journal;
import java.util.function.BiConsumer;
import org.apache.kafka.streams.KeyValue;
import org.apache.kafka.streams.state.KeyValueIterator;
import org.apache.kafka.streams.state.KeyValueStore;
import org.jspecify.annotations.Nullable;

/** Dispatch's journal in its state stores. */
final class StoreJournal implements Journal {
  private static final char SEPARATOR = ' ';

  private final KeyValueStore<String, Flight> flights;
  private final KeyValueStore<String, Request> waiters;
  private final KeyValueStore<String, CachedOutput> cache;
  private final Answered<Answer> answers;
  private final @Nullable KeyValueStore<String, Sequence> sequences;

  /**
   * @param sequences null for a kind of operation that has none
   */
  StoreJournal(
      KeyValueStore<String, Flight> flights,
      KeyValueStore<String, Request> waiters,
      KeyValueStore<String, CachedOutput> cache,
      Answered<Answer> answers,
      @Nullable KeyValueStore<String, Sequence> sequences) {
    this.flights = flights;
    this.waiters = waiters;
    this.cache = cache;
    this.answers = answers;
    this.sequences = sequences;
  }

  @Override
  public void flight(String fingerprint, @Nullable Flight flight) {
    flights.put(fingerprint, flight);
  }

  @Override
  public void waiter(String fingerprint, String operationId, @Nullable Request request) {
    waiters.put(fingerprint + SEPARATOR + operationId, request);
  }

  @Override
  public void restore(
      BiConsumer<String, Flight> eachFlight, BiConsumer<String, Request> eachWaiter) {
    try (KeyValueIterator<String, Flight> all = flights.all()) {
      while (all.hasNext()) {
        KeyValue<String, Flight> entry = all.next();
        eachFlight.accept(entry.key, entry.value);
      }
    }
    try (KeyValueIterator<String, Request> all = waiters.all()) {
      while (all.hasNext()) {
        KeyValue<String, Request> entry = all.next();
        eachWaiter.accept(entry.key.substring(0, entry.key.indexOf(SEPARATOR)), entry.value);
      }
    }
  }

  @Override
  public @Nullable Answer answer(String operationId, long nowMillis) {
    return answers.get(operationId, nowMillis);
  }

  @Override
  public void answer(String operationId, long nowMillis, Answer answer) {
    answers.put(operationId, nowMillis, answer);
  }

  @Override
  public @Nullable CachedOutput cached(String fingerprint) {
    return cache.get(fingerprint);
  }

  @Override
  public void cached(String fingerprint, @Nullable CachedOutput output) {
    cache.put(fingerprint, output);
  }

  @Override
  public void sequence(String key, @Nullable Sequence sequence) {
    if (sequences != null) {
      sequences.put(key, sequence);
    }
  }

  @Override
  public void restoreSequences(BiConsumer<String, Sequence> each) {
    if (sequences == null) {
      return;
    }
    try (KeyValueIterator<String, Sequence> all = sequences.all()) {
      while (all.hasNext()) {
        KeyValue<String, Sequence> entry = all.next();
        each.accept(entry.key, entry.value);
      }
    }
  }

  @Override
  public void restoreCache(BiConsumer<String, CachedOutput> entries) {
    try (KeyValueIterator<String, CachedOutput> all = cache.all()) {
      while (all.hasNext()) {
        KeyValue<String, CachedOutput> entry = all.next();
        entries.accept(entry.key, entry.value);
      }
    }
  }
}
