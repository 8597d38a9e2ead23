package io.millrace.topologies.dispatch.logic;

import io.millrace.events.Attempt;
import io.millrace.events.Failure;
import io.millrace.events.OperationKind;
import io.millrace.events.Outcome;
import io.millrace.events.TargetKind;
import io.millrace.events.TargetSpec;
import io.millrace.state.Request;
import io.millrace.topologies.health.logic.HealthFold;
import io.millrace.topologies.targets.Target;
import org.jspecify.annotations.Nullable;

/** Counts how attempts end: for the health of their target, and for its controls. */
final class AttemptHealth {
  static final String WORKER_LOST = "WORKER_LOST";

  private final HealthFold health;
  private final Controls controls;
  private final TargetKind kind;

  AttemptHealth(HealthFold health, Controls controls, OperationKind kind) {
    this.health = health;
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

  /** A task was handed to the workers. */
  void sent(LiveFlight live, TargetSpec spec, long now) {
    health.sent(spec.getTarget(), kind, live.flight.getAttempt() > 1, now);
  }

  /**
   * A worker ended an attempt.
   *
   * @param target what was asked; null if it was removed since
   */
  void ended(LiveFlight live, @Nullable Target target, Attempt done, long now) {
    switch (done.getOutcome()) {
      case OK, TOOL_ERROR, TIMEOUT, LOST -> {
        Failure failure = done.getFailure();
        fold(live, target, done.getOutcome(), failure == null ? "" : failure.getCode(), done, now);
      }
      default -> {}
    }
    if (target != null) {
      // Beside another attempt the time since the last was sent says nothing.
      boolean alone = live.flight.getElderTaskId().isEmpty();
      controls.ended(
          target.spec(),
          done.getOutcome(),
          done.getRetryable(),
          done.getRunMs(),
          alone ? now - live.flight.getSentAt() : -1,
          now);
    }
  }

  /** The worker of an attempt fell silent. */
  void lost(LiveFlight live, @Nullable Target target, long now) {
    fold(live, target, Outcome.LOST, WORKER_LOST, null, now);
    if (target != null) {
      controls.ended(target.spec(), Outcome.LOST, true, -1, -1, now);
    }
  }

  private void fold(
      LiveFlight live,
      @Nullable Target target,
      Outcome outcome,
      String code,
      @Nullable Attempt done,
      long now) {
    String output = done == null ? null : done.getOutput();
    Request request = live.leader();
    String name = target == null ? request.getTarget() : target.name();
    health.add(
        name,
        kind,
        outcome,
        code,
        done == null ? 0 : done.getRunMs(),
        live.argumentsLength(),
        output == null ? 0 : output.length(),
        done == null ? 0 : done.getCostMicros(),
        live.flight.getProbeEpoch(),
        now);
    String correlation = request.getCorrelationId();
    String parent = request.getParentId();
    health.flown(
        name,
        kind,
        !correlation.isEmpty() || parent == null ? correlation : parent,
        request.getArrivedAt(),
        live.flight.getSentAt(),
        now);
  }
}
