package io.millrace.topologies.dispatch.logic;

import io.millrace.events.ControlType;
import io.millrace.events.InferenceWork;
import io.millrace.events.OperationKind;
import io.millrace.events.TargetSpec;
import io.millrace.schemas.identity.Ids;
import io.millrace.state.Flight;
import io.millrace.state.FlightPhase;
import io.millrace.state.Request;
import io.millrace.topologies.targets.Target;
import io.millrace.topologies.targets.TargetTable;
import org.jspecify.annotations.Nullable;

/** Sends the tasks of flights, each under a number of its own, and takes them back. */
final class Sending {
  private final int partition;
  private final OperationKind kind;
  private final TargetTable targets;
  private final Outbox out;
  private final Flights flights;
  private final HandOvers handOvers;
  private final Fallbacks fallbacks;
  private final Controls controls;
  private final AttemptHealth health;
  private final Writes writes;
  private final Sequences sequences;
  private long sequence;

  Sending(
      int partition,
      OperationKind kind,
      TargetTable targets,
      Outbox out,
      Flights flights,
      HandOvers handOvers,
      Fallbacks fallbacks,
      Controls controls,
      AttemptHealth health,
      Writes writes,
      Sequences sequences,
      long now) {
    this.partition = partition;
    this.kind = kind;
    this.targets = targets;
    this.out = out;
    this.flights = flights;
    this.handOvers = handOvers;
    this.fallbacks = fallbacks;
    this.controls = controls;
    this.health = health;
    this.writes = writes;
    this.sequences = sequences;
    // Above every sequence of an earlier run, so that its late attempts prove nothing about ours.
    this.sequence = now * 1_000;
  }

  /** Takes up the numbers of an earlier run. */
  void restored(LiveFlight live) {
    sequence = Math.max(sequence, live.flight.getSequence());
  }

  /** Sends a new attempt. */
  void anew(LiveFlight live, TargetSpec spec, long now) {
    live.flight.setElderTaskId("");
    nextAttempt(live, spec);
    send(live, spec, now);
    long wait =
        mayFollow(live, spec) && Target.hedgeable(spec) ? controls.hedgeAfterMillis(spec, now) : 0;
    if (wait > 0) {
      live.hedgeAt = now + wait;
      flights.schedule(live);
    }
  }

  /** Sends a second attempt beside the one that is out, if the controls let it. */
  void hedge(LiveFlight live, Target target, long now) {
    live.hedgeAt = 0;
    TargetSpec spec = target.spec();
    Flight flight = live.flight;
    boolean sendable = spec.getIdempotent() && targets.hasPool(spec.getPool());
    if (sendable && controls.mayHedge(spec, now - flight.getSentAt(), now)) {
      String elder = flight.getTaskId();
      nextAttempt(live, spec);
      flight.setElderTaskId(elder);
      send(live, spec, now);
    }
  }

  /** Sends the task of an attempt once more: it never ran, or running it twice does no harm. */
  void again(LiveFlight live, @Nullable Target target, long now) {
    if (target != null && targets.hasPool(target.spec().getPool())) {
      send(live, target.spec(), now);
    } else {
      // Nowhere to send it now: asked again after the next silence, until the deadline.
      unclaim(live);
      live.flight.setSequence(++sequence);
      flights.write(live);
      handOvers.sent(live, now);
    }
  }

  /** The newer of two attempts has failed; from now on only the elder counts. */
  void leaveToElder(LiveFlight live, long now) {
    live.flight.setTaskId(live.flight.getElderTaskId());
    live.flight.setElderTaskId("");
    live.flight.setSentAt(live.out.getOrDefault(live.flight.getTaskId(), now));
    handOvers.forget(live);
    // It has been running for a while, so it beats.
    live.heardAt = now;
    flights.write(live);
    flights.schedule(live);
  }

  /**
   * Takes back the attempts that are of no use any more: all that are still out.
   *
   * @param why for people
   */
  void callOffOthers(LiveFlight live, String why, long now) {
    for (String taskId : live.out.keySet()) {
      out.control(
          Orders.control(
              ControlType.CANCEL,
              live.leader().getTenant(),
              live.flight.getTaskOperationId(),
              taskId,
              "",
              why,
              now));
    }
  }

  /** Whether another attempt at the same target may follow the last. */
  static boolean mayFollow(LiveFlight live, TargetSpec spec) {
    Flight flight = live.flight;
    return spec.getIdempotent()
        && !flight.getClaimRequired()
        && flight.getAttempt() - flight.getAttemptsBefore() < spec.getAttemptsMax()
        && flight.getProbeEpoch() == 0;
  }

  private void nextAttempt(LiveFlight live, TargetSpec spec) {
    Flight flight = live.flight;
    Request request = flight.getRequest();
    flight.setAttempt(flight.getAttempt() + 1);
    flight.setTaskId(
        Ids.derived(request.getOperationId(), "task", Integer.toString(flight.getAttempt())));
    flight.setTaskOperationId(request.getOperationId());
    flight.setClaimRequired(!spec.getIdempotent());
  }

  private void send(LiveFlight live, TargetSpec spec, long now) {
    Flight flight = live.flight;
    flight.setPhase(FlightPhase.SENT);
    flight.setSequence(++sequence);
    if (flight.getBegunAt() == 0) {
      flight.setBegunAt(now);
      flight.setFirstSequence(sequence);
      live.heard = writes.heard();
    }
    InferenceWork work = flight.getRequest().getInference();
    boolean ofSequence = work != null && work.getSequenceId() != null;
    flight.setPool(ofSequence ? Sequences.pool(spec.getPool()) : spec.getPool());
    flight.setSentAt(now);
    flight.setNextAt(0L);
    unclaim(live);
    live.sentUntil = live.deadline();
    flights.write(live);
    handOvers.sent(live, now);
    flights.schedule(live);
    health.sent(live, spec, now);
    writes.sent(live.leader(), spec, now);
    out.task(
        spec.getPool(),
        Orders.task(
            live,
            spec,
            work == null ? null : sequences.work(live, work),
            fallbacks.arguments(live),
            controls.timeoutMillis(spec, now),
            kind,
            partition,
            now));
  }

  private static void unclaim(LiveFlight live) {
    live.flight.setClaimId("");
    live.flight.setBegun(false);
    live.heardAt = 0;
  }
}
