package io.millrace.topologies.dispatch.logic;

import static io.millrace.topologies.dispatch.logic.Answers.failed;

import io.millrace.events.Attempt;
import io.millrace.events.ControlType;
import io.millrace.events.Failure;
import io.millrace.events.OperationKind;
import io.millrace.events.Outcome;
import io.millrace.events.TargetKind;
import io.millrace.events.TargetSpec;
import io.millrace.schemas.identity.Ids;
import io.millrace.state.Flight;
import io.millrace.state.FlightPhase;
import io.millrace.state.Request;
import io.millrace.topologies.health.logic.HealthFold;
import io.millrace.topologies.targets.Target;
import io.millrace.topologies.targets.TargetTable;
import java.util.function.Consumer;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * Has the work of flights done: sends tasks, grants claims, takes what workers say, notices who
 * fell silent, and tries again where that is safe. The only authority on retries.
 *
 * <p>What is not idempotent runs only under a claim: workers ask, and the first claim in log order
 * is granted. A worker begins a claimed task only once it has said so in the log (RUNNING), and
 * begins no later than two seconds after its claim. A claim whose holder is silent for longer is
 * released in the same log: if RUNNING comes first there, the claim holds, and silence ends the
 * operation as OUTCOME_UNKNOWN; if RELEASE comes first, the task did not begin and is sent again.
 *
 * <p>The silence of a worker ends an attempt as LOST, which an idempotent operation survives by
 * another attempt.
 */
final class Attempts {
  private static final long NO_POOL_WAIT_MILLIS = 50;
  private static final long BUDGET_WAIT_MILLIS = 200;

  private final int partition;
  private final OperationKind kind;
  private final DispatchPolicy policy;
  private final TargetTable targets;
  private final Outbox out;
  private final HealthFold health;
  private final RandomGenerator random;
  private final Flights flights;
  private final HandOvers handOvers;
  private final Circuits circuits;
  private final Replies replies;
  private final RetryBudget budget;
  private long sequence;

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
      Circuits circuits,
      Replies replies,
      long now) {
    this.partition = partition;
    this.kind = kind;
    this.policy = policy;
    this.targets = targets;
    this.out = out;
    this.health = health;
    this.random = random;
    this.flights = flights;
    this.handOvers = handOvers;
    this.circuits = circuits;
    this.replies = replies;
    this.budget =
        new RetryBudget(policy.retryRatio(), policy.retriesPerSecond(), policy.retriesSaved(), now);
    // Above every sequence of an earlier run, so that its late attempts prove nothing about ours.
    this.sequence = now * 1_000;
  }

  /** Takes up a flight of an earlier run. */
  void restored(LiveFlight live, long now) {
    sequence = Math.max(sequence, live.flight.getSequence());
    circuits.restored(live);
    if (live.flight.getPhase() == FlightPhase.SENT) {
      if (live.claimed()) {
        live.heardAt = now + policy.restoreGrace().toMillis();
      } else {
        handOvers.sent(live, now);
      }
    }
  }

  /** Sends a flight for the first time. */
  void begin(LiveFlight live, TargetSpec spec, long now) {
    budget.firstAttempt();
    send(live, spec, true, now);
  }

  private void send(LiveFlight live, TargetSpec spec, boolean newAttempt, long now) {
    Flight flight = live.flight;
    Request request = flight.getRequest();
    if (newAttempt) {
      flight.setAttempt(flight.getAttempt() + 1);
      flight.setTaskId(
          Ids.derived(request.getOperationId(), "task", Integer.toString(flight.getAttempt())));
      flight.setTaskOperationId(request.getOperationId());
      flight.setClaimRequired(!spec.getIdempotent());
    }
    flight.setPhase(FlightPhase.SENT);
    flight.setSequence(++sequence);
    flight.setPool(spec.getPool());
    flight.setSentAt(now);
    flight.setNextAt(0L);
    unclaim(live);
    live.sentUntil = live.deadline();
    flights.write(live);
    handOvers.sent(live, now);
    flights.schedule(live);
    health.sent(request.getTarget(), TargetKind.TOOL, flight.getAttempt() > 1, now);
    out.task(spec.getPool(), Orders.task(live, spec, kind, partition, now));
  }

  private static void unclaim(LiveFlight live) {
    live.flight.setClaimId("");
    live.flight.setBegun(false);
    live.heardAt = 0;
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
      case CLAIM -> claim(present ? live : null, attempt, now);
      case RUNNING -> {
        if (live != null && present) {
          running(live, attempt, now);
        }
      }
      case RELEASE -> {
        if (live != null && present) {
          release(live, attempt, now);
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

  /**
   * @param live the flight whose present task is claimed; null: there is none (any more)
   */
  private void claim(@Nullable LiveFlight live, Attempt claim, long now) {
    boolean mayRun =
        live != null
            && now < live.deadline()
            && (!live.claimed() || live.flight.getClaimId().equals(claim.getClaimId()));
    if (mayRun && live != null && !live.claimed()) {
      live.flight.setClaimId(claim.getClaimId());
      live.heardAt = now;
      // The task itself may lie in the queue twice; whoever holds the claim is watched by its beat.
      handOvers.forget(live);
      flights.write(live);
      flights.schedule(live);
    }
    out.control(
        Orders.control(
            mayRun ? ControlType.GRANT : ControlType.CANCEL,
            claim.getTenant(),
            claim.getOperationId(),
            claim.getTaskId(),
            claim.getClaimId(),
            mayRun
                ? "first claim in the log"
                : "another claim came first, or nobody waits any more",
            now));
  }

  private void running(LiveFlight live, Attempt beat, long now) {
    if (live.flight.getClaimRequired() && !holdsClaim(live, beat)) {
      return;
    }
    // From now on its beat is watched, under whatever number its copies lie in the queue.
    handOvers.forget(live);
    live.heardAt = Math.max(live.heardAt, now);
    if (live.claimed() && !live.flight.getBegun()) {
      live.flight.setBegun(true);
      flights.write(live);
    }
    flights.schedule(live);
  }

  private void release(LiveFlight live, Attempt release, long now) {
    // A worker knows that it has not begun; that dispatch heard nothing proves it only by the log.
    boolean byWorker = !release.getWorkerId().isEmpty();
    if (live.claimed() && holdsClaim(live, release) && (byWorker || !live.flight.getBegun())) {
      sendAgain(live, now);
    }
  }

  private static boolean holdsClaim(LiveFlight live, Attempt attempt) {
    return live.claimed() && live.flight.getClaimId().equals(attempt.getClaimId());
  }

  private void done(LiveFlight live, Attempt done, boolean present, long now) {
    Flight flight = live.flight;
    boolean claimHolds = !live.claimed() || holdsClaim(live, done);
    boolean lateSuccess = !present && done.getOutcome() == Outcome.OK && !live.claimed();
    if (!(present && claimHolds) && !lateSuccess) {
      return;
    }
    if (done.getOutcome() == Outcome.DEADLINE_EXCEEDED
        && !flight.getClaimRequired()
        && live.sentUntil < live.deadline()
        && now < live.deadline()) {
      // It came too late for those it was sent for and did not run; others have more time.
      sendAgain(live, now);
      return;
    }
    Foreign.bound(done);
    fold(live, done, now);
    if (done.getOutcome() == Outcome.OK || !retried(live, done, now)) {
      replies.finish(live, Answers.fromWorker(flight, done, now), now);
    }
  }

  private boolean retried(LiveFlight live, Attempt done, long now) {
    Flight flight = live.flight;
    TargetSpec spec = spec(flight.getRequest());
    boolean again =
        spec != null
            && spec.getIdempotent()
            && !flight.getClaimRequired()
            && (done.getRetryable() || done.getOutcome() == Outcome.DEADLINE_EXCEEDED)
            && done.getOutcome() != Outcome.CANCELLED
            && flight.getAttempt() < spec.getAttemptsMax()
            && flight.getProbeEpoch() == 0;
    if (!again || spec == null) {
      return false;
    }
    long pause = pause(live, spec);
    if (pause >= live.deadline() - now || !budget.tryRetry(now)) {
      return false;
    }
    backOff(live, done.getOutcome(), done.getFailure(), now + pause);
    return true;
  }

  private long pause(LiveFlight live, TargetSpec spec) {
    return Backoff.millis(
        live.flight.getAttempt(), spec.getBackoffMs(), spec.getBackoffMaxMs(), random);
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

  private void fold(LiveFlight live, Attempt done, long now) {
    switch (done.getOutcome()) {
      case OK, TOOL_ERROR, TIMEOUT, LOST -> {
        Failure failure = done.getFailure();
        health.add(
            live.leader().getTarget(),
            TargetKind.TOOL,
            done.getOutcome(),
            failure == null ? "" : failure.getCode(),
            done.getRunMs(),
            live.argumentsLength(),
            done.getOutput() == null ? 0 : done.getOutput().length(),
            done.getCostMicros(),
            live.flight.getProbeEpoch(),
            now);
        flown(live, now);
      }
      default -> {}
    }
  }

  private void flown(LiveFlight live, long now) {
    Request request = live.leader();
    String correlation = request.getCorrelationId();
    String parent = request.getParentId();
    health.flown(
        request.getTarget(),
        TargetKind.TOOL,
        !correlation.isEmpty() || parent == null ? correlation : parent,
        request.getArrivedAt(),
        live.flight.getSentAt(),
        now);
  }

  /** The pause before another attempt may be over. */
  void retryIfDue(LiveFlight live, long now) {
    if (live.flight.getNextAt() > now) {
      return;
    }
    Request request = live.leader();
    Flight flight = live.flight;
    TargetSpec spec = spec(request);
    String refusal = spec == null ? "the target was removed" : circuits.admit(live);
    if (refusal != null || spec == null) {
      Failure last = flight.getLastFailure();
      replies.finish(
          live,
          failed(
              request,
              flight.getLastOutcome(),
              flight.getAttempt(),
              last == null ? flight.getLastOutcome().name() : last.getCode(),
              (last == null ? "the attempt was lost" : last.getMessage())
                  + "; not tried again: "
                  + refusal,
              now),
          now);
    } else if (!targets.hasPool(spec.getPool())) {
      flight.setNextAt(now + NO_POOL_WAIT_MILLIS);
    } else if (flight.getLastOutcome() == Outcome.LOST && !budget.tryRetry(now)) {
      flight.setNextAt(now + BUDGET_WAIT_MILLIS);
    } else {
      send(live, spec, true, now);
    }
  }

  /** Time has passed for whom a beat was heard of. */
  void lostIfSilent(LiveFlight live, long now) {
    if (live.heardAt != 0 && now >= live.heardAt + policy.silence().toMillis()) {
      silent(live, now);
    }
  }

  /** Finds the tasks that were lost on their way. */
  void checkHandOvers(long now) {
    handOvers.check(
        now,
        (number, fingerprint) -> ifSent(fingerprint, number, live -> silent(live, now)),
        (number, fingerprint) -> ifSent(fingerprint, number, live -> sendAgain(live, now)));
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
    if (!flight.getClaimRequired()) {
      lost(live, now);
    } else if (!live.claimed()) {
      sendAgain(live, now);
    } else if (flight.getBegun()) {
      unknown(live, now);
    } else {
      // Read again after it, whatever the worker has still written before it is known.
      live.heardAt = now;
      out.attempt(Orders.release(live, kind, now));
    }
  }

  private void lost(LiveFlight live, long now) {
    Flight flight = live.flight;
    Failure lost = foldLost(live, now);
    TargetSpec spec = spec(live.leader());
    if (spec == null || !spec.getIdempotent() || flight.getAttempt() >= spec.getAttemptsMax()) {
      replies.finish(
          live,
          failed(
              live.leader(),
              Outcome.LOST,
              flight.getAttempt(),
              lost.getCode(),
              lost.getMessage(),
              now),
          now);
    } else {
      backOff(live, Outcome.LOST, lost, now + pause(live, spec));
    }
  }

  private void unknown(LiveFlight live, long now) {
    Failure lost = foldLost(live, now);
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

  private Failure foldLost(LiveFlight live, long now) {
    health.add(
        live.leader().getTarget(),
        TargetKind.TOOL,
        Outcome.LOST,
        "WORKER_LOST",
        0,
        live.argumentsLength(),
        0,
        0,
        live.flight.getProbeEpoch(),
        now);
    flown(live, now);
    return new Failure(
        "WORKER_LOST",
        "the worker that ran attempt %d was not heard of for %s"
            .formatted(live.flight.getAttempt(), policy.silence()));
  }

  /** Sends the task of an attempt once more: it never ran, or running it twice does no harm. */
  private void sendAgain(LiveFlight live, long now) {
    TargetSpec spec = spec(live.leader());
    if (spec != null && targets.hasPool(spec.getPool())) {
      send(live, spec, false, now);
    } else {
      // Nowhere to send it now: asked again after the next silence, until the deadline.
      unclaim(live);
      live.flight.setSequence(++sequence);
      flights.write(live);
      handOvers.sent(live, now);
    }
  }

  private @Nullable TargetSpec spec(Request request) {
    Target target = targets.target(request.getTarget());
    return target == null ? null : target.spec();
  }
}
