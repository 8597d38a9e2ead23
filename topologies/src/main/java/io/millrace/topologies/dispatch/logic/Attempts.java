package io.millrace.topologies.dispatch.logic;

import io.millrace.events.Attempt;
import io.millrace.events.Outcome;
import io.millrace.state.Answer;
import io.millrace.state.Flight;
import io.millrace.state.FlightPhase;
import io.millrace.topologies.targets.Target;
import org.jspecify.annotations.Nullable;

/** Has the work of flights done: begins it, and takes what workers say of it. */
final class Attempts {
  /** In place of when a task was sent that a crash has made us forget. */
  private static final long BEGUN_LONG_AGO = 1;

  private final Flights flights;
  private final HandOvers handOvers;
  private final Replies replies;
  private final Fallbacks fallbacks;
  private final Controls controls;
  private final AttemptHealth health;
  private final Sending sending;
  private final Claims claims;
  private final Recovery recovery;

  Attempts(
      Flights flights,
      HandOvers handOvers,
      Replies replies,
      Fallbacks fallbacks,
      Controls controls,
      AttemptHealth health,
      Sending sending,
      Claims claims,
      Recovery recovery) {
    this.flights = flights;
    this.handOvers = handOvers;
    this.replies = replies;
    this.fallbacks = fallbacks;
    this.controls = controls;
    this.health = health;
    this.sending = sending;
    this.claims = claims;
    this.recovery = recovery;
  }

  /**
   * Takes up a flight of an earlier run.
   *
   * @param heardAt when the worker of a claimed task counts as heard of
   */
  void restored(LiveFlight live, long heardAt, long now) {
    Target asked = fallbacks.target(live);
    health.restored(live, asked == null ? live.leader().getTarget() : asked.name());
    sending.restored(live);
    recovery.restored(live);
    if (live.flight.getPhase() == FlightPhase.SENT) {
      if (live.claimed()) {
        live.heardAt = heardAt;
      } else {
        handOvers.sent(live, now);
      }
    }
  }

  /**
   * Has a new flight done: by its target, or by what stands in for it.
   *
   * @param live not kept yet
   */
  void begin(LiveFlight live, Target target, long now) {
    Answer refusal = recovery.refusal(live, target, now);
    if (refusal == null) {
      flights.keep(live);
      controls.began(target.spec(), now);
      sending.anew(live, target.spec(), now);
    } else {
      recovery.giveUp(live, refusal, now);
    }
  }

  /** Takes what a worker says. */
  void take(Attempt attempt, long now) {
    handOvers.heard(attempt);
    @Nullable LiveFlight live = flights.get(attempt.getFingerprint());
    boolean present =
        live != null
            && live.flight.getPhase() == FlightPhase.SENT
            && attempt.getTaskId().equals(live.flight.getTaskId());
    switch (attempt.getPhase()) {
      case CLAIM -> claims.claim(present ? live : null, attempt, now);
      case RUNNING -> {
        if (live != null && present) {
          claims.running(live, attempt, now);
        }
      }
      case RELEASE -> {
        if (live != null && present) {
          claims.release(live, attempt, now);
        }
      }
      case DONE -> {
        if (live != null) {
          done(live, attempt, present, now);
        }
      }
      case UNKNOWN -> {}
    }
  }

  private void done(LiveFlight live, Attempt done, boolean present, long now) {
    Flight flight = live.flight;
    boolean ok = done.getOutcome() == Outcome.OK;
    if (!ok && flight.getPhase() == FlightPhase.SENT && isElder(flight, done)) {
      health.ended(live, Foreign.bound(done), now);
      flight.setElderTaskId("");
      flights.write(live);
      return;
    }
    boolean claimHolds = !live.claimed() || Claims.holds(live, done);
    boolean ofEarlierRun = done.getSequence() < flight.getFirstSequence();
    boolean lateSuccess = !present && ok && !live.claimed() && !ofEarlierRun;
    if (!(present && claimHolds) && !lateSuccess) {
      return;
    }
    if (done.getOutcome() == Outcome.DEADLINE_EXCEEDED
        && !flight.getClaimRequired()
        && live.sentUntil < live.deadline()
        && now < live.deadline()) {
      // It came too late for those it was sent for and did not run; others have more time.
      sending.again(live, fallbacks.target(live), now);
      return;
    }
    health.ended(live, Foreign.bound(done), now);
    if (ofEarlierRun) {
      flight.setBegunAt(BEGUN_LONG_AGO);
      live.heard = 0;
    }
    if (done.getOutcome() == Outcome.OK) {
      sending.callOffOthers(live, now);
      replies.finish(live, Answers.fromWorker(flight, done, now), now);
    } else if (!flight.getElderTaskId().isEmpty()) {
      sending.leaveToElder(live, now);
    } else {
      recovery.failed(live, done, now);
    }
  }

  private static boolean isElder(Flight flight, Attempt done) {
    return !flight.getElderTaskId().isEmpty() && flight.getElderTaskId().equals(done.getTaskId());
  }
}
