package io.millrace.topologies.dispatch.logic;

import io.millrace.state.Request;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Counts what is in flight, and says when it is too much: full means refuse. */
final class Load {
  private final DispatchPolicy policy;
  private final Map<String, Integer> flightsByTarget = new HashMap<>();
  private final Map<String, Long> contents = new HashMap<>();
  private int flights;
  private long argumentsLength;

  Load(DispatchPolicy policy) {
    this.policy = policy;
  }

  /** A flight began. */
  void began(Request leader) {
    flights++;
    flightsByTarget.merge(leader.getTarget(), 1, Integer::sum);
    add(leader);
  }

  /** A flight ended. */
  void ended(Request leader) {
    flights--;
    flightsByTarget.computeIfPresent(leader.getTarget(), (target, n) -> n > 1 ? n - 1 : null);
    remove(leader);
  }

  /** An operation waits for a flight. */
  void add(Request request) {
    contents.put(request.getOperationId(), request.getContent());
    argumentsLength += request.getArguments().length();
  }

  /** It waits no more. */
  void remove(Request request) {
    contents.remove(request.getOperationId());
    argumentsLength -= request.getArguments().length();
  }

  /** Whether another flight is one too many, here or for its target. */
  boolean tooManyFlights(String target, int targetMax) {
    return flights >= policy.flightsMax() || flightsByTarget.getOrDefault(target, 0) >= targetMax;
  }

  boolean tooManyBytesWith(Request request) {
    return argumentsLength + request.getArguments().length() > policy.flightBytesMax();
  }

  /** Hash of the content of an operation in flight; null if it is not. */
  @Nullable Long content(String operationId) {
    return contents.get(operationId);
  }
}
