package io.millrace.topologies.dispatch.logic;

import io.millrace.state.Answer;
import io.millrace.state.CachedOutput;
import io.millrace.state.Flight;
import io.millrace.state.Request;
import io.millrace.state.Sequence;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/** A journal on the heap that loses nothing, and copies what it is given as a store would. */
final class MemoryJournal implements Journal {
  final Map<String, Sequence> sequences = new LinkedHashMap<>();

  /** Thrown in place of a write, as if the process had died before it. */
  static final class Killed extends RuntimeException {
    private static final long serialVersionUID = 1L;

    Killed() {
      super("killed", null, false, false);
    }
  }

  final Map<String, Flight> flights = new LinkedHashMap<>();
  final Map<String, Map<String, Request>> waiters = new LinkedHashMap<>();
  final Map<String, Answer> answers = new HashMap<>();
  final Map<String, CachedOutput> cache = new LinkedHashMap<>();

  /** Writes that still succeed; negative: all do. */
  int writesLeft = -1;

  private void write() {
    if (writesLeft == 0) {
      throw new Killed();
    }
    if (writesLeft > 0) {
      writesLeft--;
    }
  }

  @Override
  public void flight(String fingerprint, @Nullable Flight flight) {
    write();
    if (flight == null) {
      flights.remove(fingerprint);
    } else {
      flights.put(fingerprint, Flight.newBuilder(flight).build());
    }
  }

  @Override
  public void waiter(String fingerprint, String operationId, @Nullable Request request) {
    write();
    Map<String, Request> of = waiters.computeIfAbsent(fingerprint, f -> new LinkedHashMap<>());
    if (request == null) {
      of.remove(operationId);
    } else {
      of.put(operationId, Request.newBuilder(request).build());
    }
  }

  @Override
  public void restore(
      BiConsumer<String, Flight> eachFlight, BiConsumer<String, Request> eachWaiter) {
    new LinkedHashMap<>(flights)
        .forEach((key, flight) -> eachFlight.accept(key, Flight.newBuilder(flight).build()));
    new LinkedHashMap<>(waiters)
        .forEach(
            (key, of) ->
                List.copyOf(of.values())
                    .forEach(
                        request -> eachWaiter.accept(key, Request.newBuilder(request).build())));
  }

  @Override
  public @Nullable Answer answer(String operationId, long nowMillis) {
    Answer answer = answers.get(operationId);
    return answer == null ? null : Answer.newBuilder(answer).build();
  }

  @Override
  public void answer(String operationId, long nowMillis, Answer answer) {
    write();
    answers.put(operationId, Answer.newBuilder(answer).build());
  }

  @Override
  public @Nullable CachedOutput cached(String fingerprint) {
    return cache.get(fingerprint);
  }

  @Override
  public void cached(String fingerprint, @Nullable CachedOutput output) {
    write();
    if (output == null) {
      cache.remove(fingerprint);
    } else {
      cache.put(fingerprint, CachedOutput.newBuilder(output).build());
    }
  }

  @Override
  public void sequence(String key, @Nullable Sequence sequence) {
    write();
    if (sequence == null) {
      sequences.remove(key);
    } else {
      sequences.put(key, Sequence.newBuilder(sequence).build());
    }
  }

  @Override
  public void restoreSequences(BiConsumer<String, Sequence> each) {
    new LinkedHashMap<>(sequences)
        .forEach((key, sequence) -> each.accept(key, Sequence.newBuilder(sequence).build()));
  }

  @Override
  public void restoreCache(BiConsumer<String, CachedOutput> entries) {
    new LinkedHashMap<>(cache).forEach(entries);
  }
}
