package io.millrace.topologies.dispatch.logic;

import io.millrace.state.Flight;
import io.millrace.state.Request;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** A flight as it is kept on the heap while it is under way. */
final class LiveFlight {
  final String fingerprint;
  final Flight flight;

  /** Operations that joined, by operation id, in order of arrival. */
  final Map<String, Request> waiters = new LinkedHashMap<>(4);

  /** When a worker that runs it was last heard of, milliseconds since the epoch; 0: not yet. */
  long heardAt;

  /** When the hedge of the last task is due, milliseconds since the epoch; 0: never. */
  long hedgeAt;

  /** Arguments for the target that is asked now; null: not worked out yet. */
  @Nullable String arguments;

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

  /** Whether the operation waits for this flight, as its leader or as one that joined. */
  boolean carries(String operationId) {
    return leader().getOperationId().equals(operationId) || waiters.containsKey(operationId);
  }
}
