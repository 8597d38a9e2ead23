package io.millrace.topologies.dispatch.logic;

import io.millrace.state.FlightPhase;
import io.millrace.state.Request;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** The flights under way: on the heap, in the journal, counted, and each with its due time. */
final class Flights {
  private final DispatchPolicy policy;
  private final Journal journal;
  private final HandOvers handOvers;
  private final Load load;
  private final Map<String, LiveFlight> byFingerprint = new HashMap<>();
  private final Map<String, String> byOperation = new HashMap<>();
  private final Timers<String> timers = new Timers<>();

  Flights(DispatchPolicy policy, Journal journal, HandOvers handOvers) {
    this.policy = policy;
    this.journal = journal;
    this.handOvers = handOvers;
    this.load = new Load(policy);
  }

  /** What is in flight, counted. */
  Load load() {
    return load;
  }

  int size() {
    return byFingerprint.size();
  }

  @Nullable LiveFlight get(String fingerprint) {
    return byFingerprint.get(fingerprint);
  }

  /** The flight that an operation leads or waits for; null: none. */
  @Nullable LiveFlight carrying(String operationId) {
    String fingerprint = byOperation.get(operationId);
    return fingerprint == null ? null : byFingerprint.get(fingerprint);
  }

  /** Whether the flight is still under way. */
  boolean has(LiveFlight live) {
    return byFingerprint.get(live.fingerprint) == live;
  }

  /** Calls for each flight whose task is out. */
  void eachSent(Consumer<LiveFlight> action) {
    byFingerprint.values().stream()
        .filter(live -> live.flight.getPhase() == FlightPhase.SENT)
        .forEach(action);
  }

  /** Calls for each flight. */
  void each(Consumer<LiveFlight> action) {
    byFingerprint.values().forEach(action);
  }

  /** A flight begins, or is taken up again. */
  void keep(LiveFlight live) {
    byFingerprint.put(live.fingerprint, live);
    byOperation.put(live.leader().getOperationId(), live.fingerprint);
    load.began(live.leader());
  }

  void remove(LiveFlight live) {
    byFingerprint.remove(live.fingerprint);
    byOperation.remove(live.leader().getOperationId());
    load.ended(live.leader());
    timers.remove(live.fingerprint);
    journal.flight(live.fingerprint, null);
    handOvers.forget(live);
  }

  /** Writes the flight as it stands now. */
  void write(LiveFlight live) {
    journal.flight(live.fingerprint, live.flight);
  }

  /** One more operation waits for the flight. */
  void join(LiveFlight live, Request request) {
    addWaiter(live, request);
    journal.waiter(live.fingerprint, request.getOperationId(), request);
  }

  /** An operation waits for the flight as the journal says. */
  void addWaiter(LiveFlight live, Request request) {
    live.waiters.put(request.getOperationId(), request);
    byOperation.put(request.getOperationId(), live.fingerprint);
    load.add(request);
    schedule(live);
  }

  void dropWaiter(LiveFlight live, Request request) {
    live.waiters.remove(request.getOperationId());
    byOperation.remove(request.getOperationId());
    forgetWaiter(live.fingerprint, request);
    load.remove(request);
  }

  /** Strikes one who does not wait any more from the journal. */
  void forgetWaiter(String fingerprint, Request request) {
    journal.waiter(fingerprint, request.getOperationId(), null);
  }

  /** The leader leaves; whoever joined first leads from now on. */
  void promote(LiveFlight live) {
    Request heir = live.waiters.values().iterator().next();
    byOperation.remove(live.leader().getOperationId());
    load.remove(live.leader());
    live.flight.setRequest(heir);
    live.waiters.remove(heir.getOperationId());
    write(live);
    forgetWaiter(live.fingerprint, heir);
    schedule(live);
  }

  /**
   * Ends the flight of a request of a sequence.
   *
   * @return the flight of the next one in its line, not kept yet; null: there is none
   */
  @Nullable LiveFlight next(LiveFlight live) {
    if (has(live)) {
      remove(live);
    }
    if (live.waiters.isEmpty()) {
      return null;
    }
    Request heir = live.waiters.values().iterator().next();
    LiveFlight next = LiveFlight.of(live.fingerprint, heir);
    next.restored = live.restored;
    next.waiters.putAll(live.waiters);
    next.waiters.remove(heir.getOperationId());
    load.remove(heir);
    return next;
  }

  /** The clock was set back: what is left of every time is what it was. */
  void setBack(long millis) {
    for (LiveFlight live : byFingerprint.values()) {
      live.setBack(millis);
      live.waiters.values().forEach(w -> journal.waiter(live.fingerprint, w.getOperationId(), w));
      write(live);
      schedule(live);
    }
  }

  /** To be called when anything changes by which the flight is due. */
  void schedule(LiveFlight live) {
    long due = live.firstDeadline();
    if (live.flight.getNextAt() > 0) {
      due = Math.min(due, live.flight.getNextAt());
    }
    if (live.hedgeAt > 0 && live.flight.getPhase() == FlightPhase.SENT) {
      due = Math.min(due, live.hedgeAt);
    }
    if (live.heardAt > 0 && live.flight.getPhase() == FlightPhase.SENT) {
      due = Math.min(due, live.heardAt + policy.silence().toMillis());
    }
    timers.set(live.fingerprint, due);
  }

  /**
   * Gives what is due to {@code action}; what is not scheduled anew there is not due again.
   *
   * @return how late the latest was, milliseconds
   */
  long expire(long now, Consumer<LiveFlight> action) {
    return timers.expire(
        now,
        fingerprint -> {
          LiveFlight live = byFingerprint.get(fingerprint);
          if (live != null) {
            action.accept(live);
          }
        });
  }

  /** Those who wait for a flight, its leader last, whose deadline has come. */
  static List<Request> late(LiveFlight live, long now) {
    List<Request> late =
        live.waiters.values().stream()
            .filter(waiter -> waiter.getDeadlineAt() <= now)
            .collect(Collectors.toList());
    if (live.leader().getDeadlineAt() <= now) {
      late.add(live.leader());
    }
    return late;
  }
}
