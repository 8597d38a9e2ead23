package io.millrace.topologies.dispatch.logic;

import io.millrace.state.Flight;
import io.millrace.state.Request;
import java.util.LinkedHashMap;
import java.util.Map;

/** A flight as it is kept on the heap while it is under way. */
final class LiveFlight {
  final String fingerprint;
  final Flight flight;

  /** Operations that joined, by operation id, in order of arrival. */
  final Map<String, Request> waiters = new LinkedHashMap<>(4);

  /** When a worker that runs it was last heard of, milliseconds since the epoch; 0: not yet. */
  long heardAt;

  LiveFlight(String fingerprint, Flight flight) {
    this.fingerprint = fingerprint;
    this.flight = flight;
  }

  Request leader() {
    return flight.getRequest();
  }

  boolean claimed() {
    return !flight.getClaimId().isEmpty();
  }

  int bytes() {
    return leader().getArguments().length();
  }

  /** Whether the operation waits for this flight, as its leader or as one that joined. */
  boolean carries(String operationId) {
    return leader().getOperationId().equals(operationId) || waiters.containsKey(operationId);
  }
}
