package io.millrace.topologies.dispatch.logic;

import io.millrace.events.Attempt;
import io.millrace.events.ControlType;
import org.jspecify.annotations.Nullable;

/**
 * Grants claims, and knows by the log which of them have begun.
 *
 * <p>What is not idempotent runs only under a claim: workers ask, and the first claim in log order
 * is granted. A worker begins a claimed task only once it has said so in the log (RUNNING), and
 * begins no later than two seconds after its claim. A claim whose holder is silent for longer is
 * released in the same log: if RUNNING comes first there, the claim holds, and silence ends the
 * operation as OUTCOME_UNKNOWN; if RELEASE comes first, the task did not begin and is sent again.
 */
final class Claims {
  private final Outbox out;
  private final Flights flights;
  private final HandOvers handOvers;
  private final Fallbacks fallbacks;
  private final Sending sending;

  Claims(Outbox out, Flights flights, HandOvers handOvers, Fallbacks fallbacks, Sending sending) {
    this.out = out;
    this.flights = flights;
    this.handOvers = handOvers;
    this.fallbacks = fallbacks;
    this.sending = sending;
  }

  /**
   * A worker asks for leave to run a task.
   *
   * @param live the flight whose present task is claimed; null: there is none (any more)
   */
  void claim(@Nullable LiveFlight live, Attempt claim, long now) {
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

  /** A beat; under a claim the first says that the task begins. */
  void running(LiveFlight live, Attempt beat, long now) {
    if (live.flight.getClaimRequired() && !holds(live, beat)) {
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

  /** A claim is given back, by its worker or by dispatch. */
  void release(LiveFlight live, Attempt release, long now) {
    // A worker knows that it has not begun; that dispatch heard nothing proves it only by the log.
    boolean byWorker = !release.getWorkerId().isEmpty();
    if (live.claimed() && holds(live, release) && (byWorker || !live.flight.getBegun())) {
      sending.again(live, fallbacks.target(live), now);
    }
  }

  /** Whether an attempt was made under the claim that was granted. */
  static boolean holds(LiveFlight live, Attempt attempt) {
    return live.claimed() && live.flight.getClaimId().equals(attempt.getClaimId());
  }
}
