package io.millrace.topologies.dispatch.logic;

import static io.millrace.topologies.dispatch.logic.Answers.failed;

import io.millrace.events.Attempt;
import io.millrace.events.Failure;
import io.millrace.events.OperationKind;
import io.millrace.events.Outcome;
import io.millrace.events.TargetSpec;
import io.millrace.state.Answer;
import io.millrace.state.CachedOutput;
import io.millrace.state.Flight;
import io.millrace.state.FlightPhase;
import io.millrace.topologies.health.logic.HealthFold;
import io.millrace.topologies.targets.Target;
import io.millrace.topologies.targets.TargetTable;
import java.util.Map;
import java.util.function.Consumer;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * Has the work of flights done: sends tasks, takes what workers say, notices who fell silent, and
 * tries again where that is safe. The only authority on retries.
 *
 * <p>The silence of a worker ends an attempt as LOST, which an idempotent operation survives by
 * another attempt.
 */
final class Attempts {
  private static final long NO_POOL_WAIT_MILLIS = 50;
  private static final long BUDGET_WAIT_MILLIS = 200;

  /** In place of when a task was sent that a crash has made us forget. */
  private static final long BEGUN_LONG_AGO = 1;

  private final DispatchPolicy policy;
  private final TargetTable targets;
  private final Outbox out;
  private final OperationKind kind;
  private final RandomGenerator random;
  private final AttemptHealth health;
  private final Flights flights;
  private final HandOvers handOvers;
  private final Circuits circuits;
  private final Replies replies;
  private final Notices notices;
  private final Fallbacks fallbacks;
  private final Controls controls;
  private final Sending sending;
  private final Claims claims;
  private final RetryBudget budget;

  Attempts(
      int partition,
      OperationKind kind,
      DispatchPolicy policy,
      TargetTable targets,
      Outbox out,
      HealthFold health,
      RandomGenerator random,
      Flights flights,
      HandOvers handOvers,
      Replies replies,
      Writes writes,
      long now) {
    this.policy = policy;
    this.targets = targets;
    this.out = out;
    this.kind = kind;
    this.random = random;
    this.flights = flights;
    this.handOvers = handOvers;
    this.circuits = new Circuits(targets);
    this.replies = replies;
    this.notices = new Notices("dispatch/" + partition, out);
    this.fallbacks = new Fallbacks(targets);
    this.controls = new Controls(random, notices);
    this.health = new AttemptHealth(health, controls);
    this.sending =
        new Sending(
            partition,
            kind,
            targets,
            out,
            flights,
            handOvers,
            fallbacks,
            controls,
            this.health,
            writes,
            now);
    this.claims = new Claims(out, flights, handOvers, fallbacks, sending);
    this.budget =
        new RetryBudget(policy.retryRatio(), policy.retriesPerSecond(), policy.retriesSaved(), now);
  }

  /** Takes up a flight of an earlier run. */
  void restored(LiveFlight live, long now) {
    sending.restored(live);
    circuits.restored(live);
    if (live.flight.getPhase() == FlightPhase.SENT) {
      if (live.claimed()) {
        live.heardAt = now + policy.restoreGrace().toMillis();
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
    Answer refusal = refusal(live, target, now);
    if (refusal == null) {
      flights.keep(live);
      budget.firstAttempt();
      controls.began(target.spec(), now);
      sending.anew(live, target.spec(), now);
    } else {
      giveUp(live, refusal, now);
    }
  }

  /** Why nothing may be sent to the target now; null: it may. */
  private @Nullable Answer refusal(LiveFlight live, Target target, long now) {
    String open = circuits.admit(live, target.name());
    if (open != null) {
      return refused(live, Outcome.CIRCUIT_OPEN, "CIRCUIT_OPEN", open, now);
    }
    String throttled =
        live.flight.getProbeEpoch() == 0 ? controls.refusal(target.spec(), now) : null;
    return throttled == null ? null : refused(live, Outcome.REFUSED, "THROTTLED", throttled, now);
  }

  private static Answer refused(
      LiveFlight live, Outcome outcome, String code, String message, long now) {
    return failed(live.leader(), outcome, live.flight.getAttempt(), code, message, now);
  }

  /**
   * The target that is asked could not answer: what was cached of it stands in, or another target
   * is asked, or this is the answer.
   */
  private void giveUp(LiveFlight live, Answer failure, long now) {
    boolean mayFollow = Fallbacks.mayFollow(live, failure.getOutcome(), now);
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

  /** Takes what a worker says. */
  void take(Attempt attempt, long now) {
    handOvers.heard(attempt);
    LiveFlight live = flights.get(attempt.getFingerprint());
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
      flight.setElderTaskId("");
      flights.write(live);
      health.ended(live, fallbacks.target(live), Foreign.bound(done), now);
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
    health.ended(live, fallbacks.target(live), Foreign.bound(done), now);
    if (ofEarlierRun) {
      flight.setBegunAt(BEGUN_LONG_AGO);
      live.heard = 0;
    }
    if (done.getOutcome() == Outcome.OK) {
      sending.cancelLoser(live, done, now);
      replies.finish(live, Answers.fromWorker(flight, done, now), now);
    } else if (!flight.getElderTaskId().isEmpty()) {
      sending.leaveToElder(live, now);
    } else if (!retried(live, done, now)) {
      giveUp(live, Answers.fromWorker(flight, done, now), now);
    }
  }

  private static boolean isElder(Flight flight, Attempt done) {
    return !flight.getElderTaskId().isEmpty() && flight.getElderTaskId().equals(done.getTaskId());
  }

  private boolean retried(LiveFlight live, Attempt done, long now) {
    Target target = fallbacks.target(live);
    boolean again =
        target != null
            && Sending.mayFollow(live, target.spec())
            && (done.getRetryable() || done.getOutcome() == Outcome.DEADLINE_EXCEEDED)
            && done.getOutcome() != Outcome.CANCELLED;
    if (!again || target == null) {
      return false;
    }
    long pause = pause(live, target.spec());
    if (pause >= live.deadline() - now || !budget.tryRetry(now)) {
      return false;
    }
    backOff(live, done.getOutcome(), done.getFailure(), now + pause);
    return true;
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
    Answer refusal = refusal(live, target, now);
    if (refusal != null) {
      Failure why = refusal.getFailure();
      giveUp(live, notTriedAgain(live, why == null ? "" : why.getMessage(), now), now);
    } else if (!targets.hasPool(target.spec().getPool())) {
      flight.setNextAt(now + NO_POOL_WAIT_MILLIS);
    } else if (flight.getLastOutcome() == Outcome.LOST && !budget.tryRetry(now)) {
      flight.setNextAt(now + BUDGET_WAIT_MILLIS);
    } else {
      sending.anew(live, target.spec(), now);
    }
  }

  private static Answer notTriedAgain(LiveFlight live, String why, long now) {
    Outcome outcome = live.flight.getLastOutcome();
    Failure last = live.flight.getLastFailure();
    return failed(
        live.leader(),
        outcome,
        live.flight.getAttempt(),
        last == null ? outcome.name() : last.getCode(),
        (last == null ? "the attempt was lost" : last.getMessage()) + "; not tried again: " + why,
        now);
  }

  /** Time has passed for a flight whose task is out. */
  void watch(LiveFlight live, long now) {
    if (live.heardAt != 0 && now >= live.heardAt + policy.silence().toMillis()) {
      silent(live, now);
    } else if (live.hedgeAt != 0 && now >= live.hedgeAt) {
      Target target = fallbacks.target(live);
      live.hedgeAt = 0;
      if (target != null) {
        sending.hedge(live, target, now);
      }
    }
  }

  /** Finds the tasks that were lost on their way. */
  void checkHandOvers(long now) {
    handOvers.check(
        now,
        (number, fingerprint) -> ifSent(fingerprint, number, live -> silent(live, now)),
        (number, fingerprint) ->
            ifSent(fingerprint, number, live -> sending.again(live, fallbacks.target(live), now)));
  }

  /** This dispatch task itself was away: nobody was silent meanwhile. */
  void stalled(long now, long away) {
    handOvers.stalled(now);
    flights.eachSent(
        live -> {
          if (live.heardAt != 0) {
            live.heardAt += away;
            flights.schedule(live);
          }
        });
  }

  private void ifSent(String fingerprint, long number, Consumer<LiveFlight> action) {
    LiveFlight live = flights.get(fingerprint);
    if (live != null
        && live.flight.getPhase() == FlightPhase.SENT
        && live.flight.getSequence() == number
        && !live.claimed()) {
      action.accept(live);
    }
  }

  /** The worker that took this flight's task has fallen silent. */
  private void silent(LiveFlight live, long now) {
    Flight flight = live.flight;
    if (!flight.getElderTaskId().isEmpty()) {
      health.lost(live, fallbacks.target(live), now);
      sending.leaveToElder(live, now);
    } else if (!flight.getClaimRequired()) {
      lost(live, now);
    } else if (!live.claimed()) {
      sending.again(live, fallbacks.target(live), now);
    } else if (flight.getBegun()) {
      unknown(live, now);
    } else {
      // Read again after it, whatever the worker has still written before it is known.
      live.heardAt = now;
      out.attempt(Orders.release(live, kind, now));
    }
  }

  private void lost(LiveFlight live, long now) {
    Target target = fallbacks.target(live);
    health.lost(live, target, now);
    Failure lost = workerLost(live);
    // A probe that is lost is followed by another attempt, unlike one that fails.
    boolean again =
        target != null
            && target.spec().getIdempotent()
            && live.flight.getAttempt() - live.flight.getAttemptsBefore()
                < target.spec().getAttemptsMax();
    if (again && target != null) {
      backOff(live, Outcome.LOST, lost, now + pause(live, target.spec()));
    } else {
      giveUp(
          live,
          failed(
              live.leader(),
              Outcome.LOST,
              live.flight.getAttempt(),
              lost.getCode(),
              lost.getMessage(),
              now),
          now);
    }
  }

  private void unknown(LiveFlight live, long now) {
    health.lost(live, fallbacks.target(live), now);
    Failure lost = workerLost(live);
    replies.finish(
        live,
        failed(
            live.leader(),
            Outcome.OUTCOME_UNKNOWN,
            live.flight.getAttempt(),
            lost.getCode(),
            lost.getMessage()
                + "; the target is not idempotent, so it is not tried again: check whether it"
                + " took effect",
            now),
        now);
  }

  private Failure workerLost(LiveFlight live) {
    return new Failure(
        AttemptHealth.WORKER_LOST,
        "the worker that ran attempt %d was not heard of for %s"
            .formatted(live.flight.getAttempt(), policy.silence()));
  }
}
