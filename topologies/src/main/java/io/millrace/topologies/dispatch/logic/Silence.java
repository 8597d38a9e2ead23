package io.millrace.topologies.dispatch.logic;

import static io.millrace.topologies.dispatch.logic.Answers.failed;

import io.millrace.events.Failure;
import io.millrace.events.OperationKind;
import io.millrace.events.Outcome;
import io.millrace.state.Flight;
import io.millrace.state.FlightPhase;
import io.millrace.topologies.targets.Target;
import io.millrace.topologies.targets.TargetTable;
import java.time.Duration;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Watches the tasks that are out: notices those whose workers fell silent and those that were lost
 * on their way, and sends hedges of those that take long.
 *
 * <p>Silence ends an attempt as LOST, which an idempotent operation survives by another attempt;
 * what is not idempotent is sent again only where it is known not to have begun.
 */
final class Silence {
  private final Duration silence;
  private final OperationKind kind;
  private final TargetTable targets;
  private final Outbox out;
  private final Flights flights;
  private final HandOvers handOvers;
  private final Replies replies;
  private final Fallbacks fallbacks;
  private final AttemptHealth health;
  private final Sending sending;
  private final Recovery recovery;

  Silence(
      Duration silence,
      OperationKind kind,
      TargetTable targets,
      Outbox out,
      Flights flights,
      HandOvers handOvers,
      Replies replies,
      Fallbacks fallbacks,
      AttemptHealth health,
      Sending sending,
      Recovery recovery) {
    this.silence = silence;
    this.kind = kind;
    this.targets = targets;
    this.out = out;
    this.flights = flights;
    this.handOvers = handOvers;
    this.replies = replies;
    this.fallbacks = fallbacks;
    this.health = health;
    this.sending = sending;
    this.recovery = recovery;
  }

  /** Time has passed for a flight whose task is out. */
  void watch(LiveFlight live, long now) {
    if (live.heardAt != 0 && now >= live.heardAt + silence.toMillis()) {
      silent(live, now);
    } else if (live.hedgeAt != 0 && now >= live.hedgeAt) {
      Target target = fallbacks.target(live);
      live.hedgeAt = 0;
      if (target != null && !targets.starting(target.name())) {
        sending.hedge(live, target, now);
      }
    }
  }

  /** Finds the tasks that were lost on their way. */
  void checkHandOvers(long now) {
    handOvers.check(
        now,
        (number, fingerprint) -> ifSent(fingerprint, number, live -> silent(live, now)),
        (number, fingerprint) -> ifSent(fingerprint, number, live -> stuck(live, now)));
  }

  /** Where there is no worker yet, the task lies where the first one finds it. */
  private void stuck(LiveFlight live, long now) {
    if (targets.starting(live.asked)) {
      handOvers.sent(live, now);
    } else {
      sending.again(live, fallbacks.target(live), now);
    }
  }

  private void ifSent(String fingerprint, long number, Consumer<LiveFlight> action) {
    @Nullable LiveFlight live = flights.get(fingerprint);
    if (live != null
        && live.flight.getPhase() == FlightPhase.SENT
        && live.flight.getSequence() == number
        && !live.claimed()) {
      action.accept(live);
    }
  }

  /** This dispatch task itself was away: nobody was silent meanwhile. */
  void stalled(long now, long away) {
    handOvers.stalled(now);
    flights.eachSent(
        live -> {
          if (live.heardAt != 0) {
            live.heardAt = Math.min(now, live.heardAt + away);
            flights.schedule(live);
          }
        });
  }

  /** The worker that took this flight's task has fallen silent. */
  private void silent(LiveFlight live, long now) {
    Flight flight = live.flight;
    if (!flight.getElderTaskId().isEmpty()) {
      health.lost(live, now);
      sending.leaveToElder(live, now);
    } else if (!flight.getClaimRequired()) {
      health.lost(live, now);
      recovery.lost(live, workerLost(live), now);
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

  private void unknown(LiveFlight live, long now) {
    health.lost(live, now);
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
            .formatted(live.flight.getAttempt(), silence));
  }
}
