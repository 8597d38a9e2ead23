package io.millrace.topologies.dispatch.logic;

import io.millrace.events.Outcome;
import io.millrace.events.Tensor;
import io.millrace.state.Flight;
import io.millrace.state.FlightPhase;
import io.millrace.state.Request;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** A flight as it is kept on the heap while it is under way. */
final class LiveFlight {
  final String fingerprint;
  final Flight flight;

  /** Operations that joined, by operation id, in order of arrival. */
  final Map<String, Request> waiters = new LinkedHashMap<>(4);

  /** The attempts that have begun and not ended: when each was last sent, by its task id. */
  final Map<String, Long> out = new HashMap<>(2);

  /** Name of the target that was sent to last; empty: none yet. */
  String asked = "";

  /** When a worker that runs it was last heard of, milliseconds since the epoch; 0: not yet. */
  long heardAt;

  /** When the hedge of the last task is due, milliseconds since the epoch; 0: never. */
  long hedgeAt;

  /** Arguments for the target that is asked now; null: not worked out yet. */
  @Nullable String arguments;

  /** A model's inputs, until the first task took them along; null: they are to be read. */
  @Nullable List<Tensor> inputs;

  /** Deadline that the last task was sent with, milliseconds since the epoch; 0: not known. */
  long sentUntil;

  /** How much was known to be untrue when its first task was sent; 0: not known any more. */
  long heard;

  /** Whether an earlier run began it, which may have answered operations of it already. */
  boolean restored;

  LiveFlight(String fingerprint, Flight flight) {
    this.fingerprint = fingerprint;
    this.flight = flight;
  }

  /** One that nothing was sent for yet. */
  static LiveFlight of(String fingerprint, Request leader) {
    Flight flight = new Flight();
    flight.setRequest(leader);
    flight.setWork("");
    flight.setPhase(FlightPhase.UNKNOWN);
    flight.setPool("");
    flight.setTaskId("");
    flight.setTaskOperationId("");
    flight.setClaimRequired(true);
    flight.setClaimId("");
    flight.setElderTaskId("");
    flight.setChunksDigest("");
    flight.setChunksTaskId("");
    flight.setLastOutcome(Outcome.UNKNOWN);
    return new LiveFlight(fingerprint, flight);
  }

  Request leader() {
    return flight.getRequest();
  }

  /** Fingerprint under which its output is cached. */
  String work() {
    return flight.getWork().isEmpty() ? fingerprint : flight.getWork();
  }

  /** When its first task was sent, milliseconds since the epoch; 0: none was. */
  long begunAt() {
    // An earlier version noted only when the last one was.
    return flight.getBegunAt() == 0 ? flight.getSentAt() : flight.getBegunAt();
  }

  /**
   * Where its answer comes from.
   *
   * @param version of the target
   */
  Origin origin(String version) {
    Request leader = leader();
    return new Origin(
        work(),
        leader.getTenant(),
        leader.getTarget(),
        version,
        begunAt(),
        heard,
        leader.getSpeculative() ? leader.getCorrelationId() : "");
  }

  boolean claimed() {
    return !flight.getClaimId().isEmpty();
  }

  /** Characters of the leader's arguments. */
  int argumentsLength() {
    return leader().getArguments().length();
  }

  /**
   * The latest deadline of all who wait, milliseconds since the epoch: until then the work is of
   * use to somebody.
   */
  long deadline() {
    if (Sequences.id(leader()) != null) {
      // Those behind it in its sequence do not wait for this one's answer.
      return leader().getDeadlineAt();
    }
    long latest = leader().getDeadlineAt();
    for (Request waiter : waiters.values()) {
      latest = Math.max(latest, waiter.getDeadlineAt());
    }
    return latest;
  }

  /** The earliest deadline of all who wait, milliseconds since the epoch. */
  long firstDeadline() {
    long first = leader().getDeadlineAt();
    for (Request waiter : waiters.values()) {
      first = Math.min(first, waiter.getDeadlineAt());
    }
    return first;
  }

  /** Has all its times lie earlier, as the clock was set back by so many milliseconds. */
  void setBack(long millis) {
    setBack(leader(), millis);
    waiters.values().forEach(waiter -> setBack(waiter, millis));
    flight.setSentAt(earlier(flight.getSentAt(), millis));
    flight.setNextAt(earlier(flight.getNextAt(), millis));
    out.replaceAll((task, sentAt) -> earlier(sentAt, millis));
    heardAt = earlier(heardAt, millis);
    hedgeAt = earlier(hedgeAt, millis);
    sentUntil = earlier(sentUntil, millis);
  }

  private static void setBack(Request request, long millis) {
    request.setArrivedAt(request.getArrivedAt() - millis);
    request.setDeadlineAt(request.getDeadlineAt() - millis);
  }

  /** 0 is no time. */
  private static long earlier(long time, long millis) {
    return time == 0 ? 0 : time - millis;
  }
}
