package io.millrace.topologies.dispatch.logic;

import static io.millrace.topologies.dispatch.logic.Answers.failed;

import io.millrace.events.Outcome;
import io.millrace.state.Answer;
import io.millrace.state.FlightPhase;
import io.millrace.state.Request;
import io.millrace.topologies.targets.Target;
import io.millrace.topologies.targets.TargetTable;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Holds flights whose target or pool is not known (yet): it may be on its way in the table of
 * targets. Once it is there they are sent to where they belong; after a while they are refused.
 * Those of an ensemble whose parts are woken by being asked for are held until their deadline.
 */
final class Held {
  private static final long CHECK_MILLIS = 50;
  private static final long CHECK_STARTING_MILLIS = 250;

  private final Duration longest;
  private final TargetTable targets;
  private final Outbox out;
  private final Flights flights;
  private final Replies replies;

  /**
   * @param longest how long a flight is held
   */
  Held(Duration longest, TargetTable targets, Outbox out, Flights flights, Replies replies) {
    this.longest = longest;
    this.targets = targets;
    this.out = out;
    this.flights = flights;
    this.replies = replies;
  }

  void hold(LiveFlight live, long now) {
    live.flight.setPhase(FlightPhase.HELD);
    live.flight.setNextAt(now + CHECK_MILLIS);
    flights.keep(live);
    flights.write(live);
    flights.schedule(live);
  }

  /** Lets go of a held flight whose target is known by now, or refuses it after a while. */
  void release(LiveFlight live, long now) {
    Request request = live.leader();
    Target target = targets.target(request.getTarget());
    if (target != null && targets.hasPool(target.spec().getPool())) {
      out.route(request, live.fingerprint);
      for (Request waiter : List.copyOf(live.waiters.values())) {
        out.route(waiter, live.fingerprint);
        flights.dropWaiter(live, waiter);
      }
      flights.remove(live);
    } else if (targets.starting(request.getTarget())) {
      live.flight.setNextAt(now + CHECK_STARTING_MILLIS);
    } else if (targets.unloaded(request.getTarget())
        || now >= request.getArrivedAt() + longest.toMillis()) {
      replies.finish(live, unknown(request, target, now), now);
    } else {
      live.flight.setNextAt(now + CHECK_MILLIS);
    }
  }

  private Answer unknown(Request request, @Nullable Target target, long now) {
    String name = request.getTarget();
    if (target == null && targets.unloaded(name)) {
      return failed(
          request,
          Outcome.REFUSED,
          0,
          "MODEL_UNLOADED",
          "%s is unloaded; load it with POST /v2/repository/models/NAME/load".formatted(name),
          now);
    }
    if (target == null && targets.registered(name)) {
      return failed(
          request,
          Outcome.REFUSED,
          0,
          "MODEL_NOT_READY",
          "no worker has %s ready; see what its workers say of it, or start one for its pool"
              .formatted(name),
          now);
    }
    return target == null
        ? failed(
            request,
            Outcome.REFUSED,
            0,
            "TARGET_UNKNOWN",
            "no target %s is registered; register it with 'millrace apply'".formatted(name),
            now)
        : failed(
            request,
            Outcome.REFUSED,
            0,
            "POOL_UNKNOWN",
            "pool %s of target %s is not registered; register it with 'millrace apply'"
                .formatted(target.spec().getPool(), name),
            now);
  }
}
