package io.millrace.topologies.dispatch.logic;

import io.millrace.events.Attempt;
import io.millrace.events.Failure;
import io.millrace.events.HealthStatus;
import io.millrace.events.OperationKind;
import io.millrace.events.Outcome;
import io.millrace.events.TargetKind;
import io.millrace.events.TargetSpec;
import io.millrace.state.Flight;
import io.millrace.state.FlightPhase;
import io.millrace.topologies.health.logic.HealthFold;
import io.millrace.topologies.targets.Target;
import io.millrace.topologies.targets.TargetTable;
import java.util.Map;

/**
 * Counts how attempts begin and end: for the health of their target, and for its controls.
 *
 * <p>What has begun ends once. It ends as its worker says, LOST where that fell silent, and in any
 * case with its flight: as a TIMEOUT of the target where the flight ran out of time, else called
 * off, which says nothing of the target. What comes after that is not counted.
 */
final class AttemptHealth {
  static final String WORKER_LOST = "WORKER_LOST";
  private static final String DEADLINE_EXCEEDED = "DEADLINE_EXCEEDED";

  private final HealthFold health;
  private final TargetTable targets;
  private final Controls controls;
  private final TargetKind kind;

  AttemptHealth(HealthFold health, TargetTable targets, Controls controls, OperationKind kind) {
    this.health = health;
    this.targets = targets;
    this.controls = controls;
    this.kind = targetKind(kind);
  }

  /** The kind of target that operations of a kind ask. */
  static TargetKind targetKind(OperationKind kind) {
    return switch (kind) {
      case TOOL -> TargetKind.TOOL;
      case INFERENCE -> TargetKind.MODEL;
      case MESSAGE -> TargetKind.PEER;
      case TRAINING -> TargetKind.TRAINING;
      case PIPELINE -> TargetKind.PIPELINE;
      case UNKNOWN -> TargetKind.UNKNOWN;
    };
  }

  /** Takes up a flight of an earlier run, which has counted what began. */
  void restored(LiveFlight live, String asked) {
    Flight flight = live.flight;
    live.asked = asked;
    if (flight.getPhase() == FlightPhase.SENT) {
      live.out.put(flight.getTaskId(), flight.getSentAt());
      if (!flight.getElderTaskId().isEmpty()) {
        live.out.put(flight.getElderTaskId(), flight.getSentAt());
      }
    }
  }

  /** The flight's present task was handed to the workers; one that is sent again began before. */
  void sent(LiveFlight live, TargetSpec spec, long now) {
    live.asked = spec.getTarget();
    if (live.out.put(live.flight.getTaskId(), now) == null) {
      health.sent(spec.getTarget(), kind, live.flight.getAttempt() > 1, now);
    }
  }

  /** The target's circuit held an attempt back: health is to see that it is asked for. */
  void heldBack(String target, long now) {
    health.waiting(target, kind, now);
  }

  /** A worker ended an attempt. */
  void ended(LiveFlight live, Attempt done, long now) {
    Long sentAt = live.out.remove(done.getTaskId());
    if (sentAt == null) {
      return;
    }
    Outcome outcome = done.getOutcome();
    String output = done.getOutput();
    Failure failure = done.getFailure();
    switch (outcome) {
      case OK, TOOL_ERROR, TIMEOUT, LOST -> {
        health.add(
            live.asked,
            kind,
            outcome,
            failure == null ? "" : failure.getCode(),
            done.getRunMs(),
            live.argumentsLength(),
            output == null ? 0 : output.length(),
            done.getCostMicros(),
            live.flight.getProbeEpoch(),
            now);
        health.flown(live.asked, kind, outcome == Outcome.TIMEOUT, sentAt, now);
      }
      default -> health.calledOff(live.asked, kind, now);
    }
    // Where another is still out, the slower of the two is not known; nor how long an attempt takes
    // that waited for the first worker.
    long attemptMillis = live.out.isEmpty() && !waited(live, sentAt) ? now - sentAt : -1;
    learn(live, outcome, done.getRetryable(), done.getRunMs(), attemptMillis, now);
  }

  /** The worker of the flight's present attempt fell silent. */
  void lost(LiveFlight live, long now) {
    Long sentAt = live.out.remove(live.flight.getTaskId());
    if (sentAt != null) {
      failed(live, Outcome.LOST, WORKER_LOST, live.flight.getProbeEpoch(), sentAt, now);
    }
  }

  /**
   * The flight is over, and with it whatever is still out.
   *
   * @param end how it ended
   */
  void over(LiveFlight live, Outcome end, long now) {
    if (live.out.isEmpty()) {
      return;
    }
    for (Map.Entry<String, Long> out : live.out.entrySet()) {
      if (end == Outcome.DEADLINE_EXCEEDED && hadItsTime(live, out.getValue(), now)) {
        // No probe: how much time its caller gave it is no word on whether the target is well.
        failed(live, Outcome.TIMEOUT, DEADLINE_EXCEEDED, 0, out.getValue(), now);
      } else {
        health.calledOff(live.asked, kind, now);
      }
    }
    live.out.clear();
  }

  /**
   * Whether the target is to blame for an attempt that its caller's deadline cut short: it may have
   * run, and longer than nearly all do. Else callers with short deadlines could open its circuit,
   * and so could those that wait for the first worker.
   */
  private boolean hadItsTime(LiveFlight live, long sentAt, long now) {
    if ((live.flight.getClaimRequired() && !live.claimed()) || waited(live, sentAt)) {
      return false;
    }
    HealthStatus status = targets.health(live.asked);
    return status == null || now - sentAt >= status.getP95Ms();
  }

  /** Whether an attempt waited for the first worker. */
  private boolean waited(LiveFlight live, long sentAt) {
    return targets.starting(live.asked) || sentAt < targets.startedAt(live.asked);
  }

  private void failed(
      LiveFlight live, Outcome outcome, String code, long probeEpoch, long sentAt, long now) {
    health.add(live.asked, kind, outcome, code, -1, live.argumentsLength(), 0, 0, probeEpoch, now);
    health.flown(live.asked, kind, outcome == Outcome.TIMEOUT, sentAt, now);
    learn(live, outcome, true, -1, -1, now);
  }

  private void learn(
      LiveFlight live,
      Outcome outcome,
      boolean retryable,
      double runMillis,
      long attemptMillis,
      long now) {
    Target target = targets.target(live.asked);
    if (target != null) {
      controls.ended(target.spec(), outcome, retryable, runMillis, attemptMillis, now);
    }
  }
}
