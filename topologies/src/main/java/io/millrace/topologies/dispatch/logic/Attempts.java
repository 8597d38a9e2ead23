package io.millrace.topologies.dispatch.logic;

import io.millrace.events.Attempt;
import io.millrace.events.Failure;
import io.millrace.events.InferenceRun;
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
  private final Sequences sequences;

  Attempts(
      Flights flights,
      HandOvers handOvers,
      Replies replies,
      Fallbacks fallbacks,
      Controls controls,
      AttemptHealth health,
      Sending sending,
      Claims claims,
      Recovery recovery,
      Sequences sequences) {
    this.flights = flights;
    this.handOvers = handOvers;
    this.replies = replies;
    this.fallbacks = fallbacks;
    this.controls = controls;
    this.health = health;
    this.sending = sending;
    this.claims = claims;
    this.recovery = recovery;
    this.sequences = sequences;
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
        InferenceRun chunk = attempt.getInference();
        if (live != null && chunk != null) {
          chunk(live, attempt, chunk, present, now);
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

  /** A part of a streamed answer, of whichever attempt of this flight comes to it first. */
  private void chunk(
      LiveFlight live, Attempt attempt, InferenceRun chunk, boolean present, long now) {
    Target asked = fallbacks.target(live);
    boolean claimHolds = !live.flight.getClaimRequired() || Claims.holds(live, attempt);
    boolean ofThisRun = present || attempt.getSequence() >= live.flight.getFirstSequence();
    if (asked == null || !asked.streamed() || !claimHolds || !ofThisRun) {
      return;
    }
    Chunks.Place place = Chunks.place(live.flight, attempt.getTaskId(), chunk);
    switch (place) {
      case NEXT -> {
        flights.write(live);
        replies.chunk(live, Foreign.bound(attempt), now);
      }
      case HAD -> {
        // A crash may have lost what was passed on just before it; callers know chunks by number.
        if (live.restored && attempt.getTaskId().equals(live.flight.getChunksTaskId())) {
          replies.chunk(live, Foreign.bound(attempt), now);
        }
      }
      case GAP, OTHER -> {
        if (present) {
          broken(live, Chunks.failure(live.flight, chunk, place), place, now);
        }
      }
    }
  }

  /** The run of a streamed answer cannot be gone on with. */
  private void broken(LiveFlight live, Failure why, Chunks.Place place, long now) {
    sending.callOffOthers(live, why.getMessage(), now);
    health.lost(live, now);
    if (place == Chunks.Place.GAP) {
      recovery.lost(live, why, now);
    } else {
      replies.finish(
          live,
          Answers.failed(
              live.leader(),
              Outcome.TOOL_ERROR,
              live.flight.getAttempt(),
              why.getCode(),
              why.getMessage(),
              now),
          now);
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
    // The requests of a sequence fly under one key: another task may be of the one before.
    boolean mayBeLate = Sequences.id(live.leader()) == null;
    boolean lateSuccess = !present && ok && !live.claimed() && !ofEarlierRun && mayBeLate;
    if (!(present && claimHolds) && !lateSuccess) {
      return;
    }
    InferenceRun run = done.getInference();
    if (ok && run != null && (run.getChunk() > 0 || flight.getChunks() > 0)) {
      Chunks.Place place = Chunks.last(flight, done.getTaskId(), run);
      if (place != Chunks.Place.NEXT) {
        if (present) {
          broken(live, Chunks.failure(flight, run, place), place, now);
        }
        return;
      }
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
      sending.callOffOthers(live, "another attempt succeeded first", now);
      Target target = fallbacks.target(live);
      if (target != null) {
        sequences.ran(live, done, target.spec(), now);
      }
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
