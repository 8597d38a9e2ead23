package io.millrace.topologies.dispatch.logic;

import io.millrace.events.Attempt;
import io.millrace.events.Failure;
import io.millrace.events.Outcome;
import io.millrace.events.TargetSpec;
import io.millrace.state.Answer;
import io.millrace.state.CachedOutput;
import io.millrace.state.Flight;
import io.millrace.state.FlightPhase;
import io.millrace.topologies.targets.Target;
import io.millrace.topologies.targets.TargetTable;
import java.util.Map;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * Decides whether a target may be asked, and what follows where it could not answer: another
 * attempt after a pause, what stands in for the target, or the failure as the answer. The only
 * authority on retries.
 */
final class Recovery {
  private static final long NO_POOL_WAIT_MILLIS = 50;
  private static final long BUDGET_WAIT_MILLIS = 200;

  private final TargetTable targets;
  private final RandomGenerator random;
  private final Flights flights;
  private final Circuits circuits;
  private final Replies replies;
  private final Notices notices;
  private final Fallbacks fallbacks;
  private final Controls controls;
  private final AttemptHealth health;
  private final Sending sending;

  Recovery(
      TargetTable targets,
      RandomGenerator random,
      Flights flights,
      Replies replies,
      Notices notices,
      Fallbacks fallbacks,
      Controls controls,
      AttemptHealth health,
      Sending sending) {
    this.targets = targets;
    this.random = random;
    this.flights = flights;
    this.circuits = new Circuits(targets);
    this.replies = replies;
    this.notices = notices;
    this.fallbacks = fallbacks;
    this.controls = controls;
    this.health = health;
    this.sending = sending;
  }

  /** Takes up a flight of an earlier run. */
  void restored(LiveFlight live) {
    circuits.restored(live);
  }

  /** Why nothing may be sent to the target now; null: it may. */
  @Nullable Answer refusal(LiveFlight live, Target target, long now) {
    String open = circuits.admit(live, target.name());
    if (open != null) {
      health.heldBack(target.name(), now);
      return refused(live, Outcome.CIRCUIT_OPEN, "CIRCUIT_OPEN", open, now);
    }
    String throttled =
        live.flight.getProbeEpoch() == 0 ? controls.refusal(target.spec(), now) : null;
    return throttled == null ? null : refused(live, Outcome.REFUSED, "THROTTLED", throttled, now);
  }

  private static Answer refused(
      LiveFlight live, Outcome outcome, String code, String message, long now) {
    return Answers.failed(live.leader(), outcome, live.flight.getAttempt(), code, message, now);
  }

  /**
   * The target that is asked could not answer: what was cached of it stands in, or another target
   * is asked, or this is the answer.
   */
  void giveUp(LiveFlight live, Answer failure, long now) {
    // Nothing else may follow chunks that were passed on, nor take its turn in a sequence.
    boolean mayFollow =
        live.flight.getChunks() == 0
            && Sequences.id(live.leader()) == null
            && Fallbacks.mayFollow(live, failure.getOutcome(), now);
    CachedOutput stale = mayFollow ? stale(live, now) : null;
    if (stale != null) {
      notices.acted(
          live.leader().getTarget(),
          "CONTROL_SERVED_STALE",
          "a cached answer stood in after " + failure.getOutcome(),
          Map.of("age_ms", (double) (now - stale.getStoredAt())),
          now);
      replies.finish(live, Answers.stale(live.leader(), stale, now), now);
      return;
    }
    Target next = mayFollow ? fallbacks.turnToNext(live, now) : null;
    if (next == null) {
      replies.finish(live, failure, now);
      return;
    }
    notices.acted(
        live.leader().getTarget(),
        "CONTROL_FELL_BACK",
        "%s was asked in its place after %s".formatted(next.name(), failure.getOutcome()),
        Map.of("fallback", (double) live.flight.getFallback()),
        now);
    Answer refusal = refusal(live, next, now);
    if (refusal != null) {
      giveUp(live, refusal, now);
      return;
    }
    if (!flights.has(live)) {
      flights.keep(live);
    }
    controls.began(next.spec(), now);
    sending.anew(live, next.spec(), now);
  }

  private @Nullable CachedOutput stale(LiveFlight live, long now) {
    Target called = targets.target(live.leader().getTarget());
    boolean allowed =
        called != null && called.cacheable() && called.spec().getStaleIfErrorMs() != null;
    return allowed ? replies.stale(live, now) : null;
  }

  /** An attempt ended badly, and no other is out. */
  void failed(LiveFlight live, Attempt done, long now) {
    Target target = fallbacks.target(live);
    boolean again =
        target != null
            && Sending.mayFollow(live, target.spec())
            && (done.getRetryable() || done.getOutcome() == Outcome.DEADLINE_EXCEEDED)
            && done.getOutcome() != Outcome.CANCELLED;
    if (again && target != null) {
      long pause = pause(live, target.spec());
      if (pause < live.deadline() - now && controls.mayRetry(target.spec(), now)) {
        backOff(live, done.getOutcome(), done.getFailure(), now + pause);
        return;
      }
    }
    giveUp(live, Answers.fromWorker(live.flight, done, now), now);
  }

  /** The only attempt that was out is lost, and running it again does no harm. */
  void lost(LiveFlight live, Failure lost, long now) {
    Target target = fallbacks.target(live);
    // A probe that is lost is followed by another attempt, unlike one that fails.
    boolean again =
        target != null
            && target.spec().getIdempotent()
            && live.flight.getAttempt() - live.flight.getAttemptsBefore()
                < target.spec().getAttemptsMax();
    if (again && target != null) {
      backOff(live, Outcome.LOST, lost, now + pause(live, target.spec()));
    } else {
      giveUp(live, refused(live, Outcome.LOST, lost.getCode(), lost.getMessage(), now), now);
    }
  }

  private long pause(LiveFlight live, TargetSpec spec) {
    int attempt = live.flight.getAttempt() - live.flight.getAttemptsBefore();
    return Backoff.millis(attempt, spec.getBackoffMs(), spec.getBackoffMaxMs(), random);
  }

  private void backOff(LiveFlight live, Outcome outcome, @Nullable Failure failure, long nextAt) {
    live.flight.setPhase(FlightPhase.BACKOFF);
    live.flight.setNextAt(nextAt);
    live.flight.setLastOutcome(outcome);
    live.flight.setLastFailure(failure);
    live.heardAt = 0;
    flights.write(live);
    flights.schedule(live);
  }

  /** The pause before another attempt may be over. */
  void retryIfDue(LiveFlight live, long now) {
    Flight flight = live.flight;
    if (flight.getNextAt() > now) {
      return;
    }
    Target target = fallbacks.target(live);
    if (target == null) {
      giveUp(live, notTriedAgain(live, "the target was removed", now), now);
      return;
    }
    if (!targets.hasPool(target.spec().getPool())) {
      flight.setNextAt(now + NO_POOL_WAIT_MILLIS);
    } else if (flight.getLastOutcome() == Outcome.LOST && !controls.mayRetry(target.spec(), now)) {
      flight.setNextAt(now + BUDGET_WAIT_MILLIS);
    } else {
      // Asked last: a half-open circuit lets one probe through, which must then be sent.
      Answer refusal = refusal(live, target, now);
      if (refusal == null) {
        sending.anew(live, target.spec(), now);
      } else {
        Failure why = refusal.getFailure();
        giveUp(live, notTriedAgain(live, why == null ? "" : why.getMessage(), now), now);
      }
    }
  }

  private static Answer notTriedAgain(LiveFlight live, String why, long now) {
    Outcome outcome = live.flight.getLastOutcome();
    Failure last = live.flight.getLastFailure();
    return refused(
        live,
        outcome,
        last == null ? outcome.name() : last.getCode(),
        (last == null ? "the attempt was lost" : last.getMessage()) + "; not tried again: " + why,
        now);
  }
}
