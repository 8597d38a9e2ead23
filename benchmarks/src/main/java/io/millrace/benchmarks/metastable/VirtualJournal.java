package io.millrace.benchmarks.metastable;

import io.millrace.state.Answer;
import io.millrace.state.CachedOutput;
import io.millrace.state.Flight;
import io.millrace.state.Request;
import io.millrace.state.Sequence;
import io.millrace.topologies.dispatch.logic.Journal;
import java.util.HashMap;
import java.util.Map;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/** A journal of a dispatcher that never restarts: answers and outputs are all that it reads. */
final class VirtualJournal implements Journal {
  private final Map<String, Answer> answers = new HashMap<>();
  private final Map<String, CachedOutput> cache = new HashMap<>();

  @Override
  public void flight(String fingerprint, @Nullable Flight flight) {
    // The dispatcher keeps its flights on the heap as well.
  }

  @Override
  public void waiter(String fingerprint, String operationId, @Nullable Request request) {
    // The dispatcher keeps its flights on the heap as well.
  }

  @Override
  public void restore(BiConsumer<String, Flight> flights, BiConsumer<String, Request> waiters) {
    // There was no earlier run.
  }

  @Override
  public @Nullable Answer answer(String operationId, long nowMillis) {
    return answers.get(operationId);
  }

  @Override
  public void answer(String operationId, long nowMillis, Answer answer) {
    answers.put(operationId, answer);
  }

  @Override
  public @Nullable CachedOutput cached(String fingerprint) {
    return cache.get(fingerprint);
  }

  @Override
  public void cached(String fingerprint, @Nullable CachedOutput output) {
    if (output == null) {
      cache.remove(fingerprint);
    } else {
      cache.put(fingerprint, output);
    }
  }

  @Override
  public void sequence(String key, @Nullable Sequence sequence) {}

  @Override
  public void restoreSequences(BiConsumer<String, Sequence> sequences) {}

  @Override
  public void restoreCache(BiConsumer<String, CachedOutput> entries) {
    // There was no earlier run.
  }
}
