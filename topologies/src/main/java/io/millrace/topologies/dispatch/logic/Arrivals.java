package io.millrace.topologies.dispatch.logic;

import io.millrace.events.Outcome;
import io.millrace.events.TargetKind;
import io.millrace.events.TargetSpec;
import io.millrace.events.Tensor;
import io.millrace.schemas.identity.Fingerprint;
import io.millrace.state.Answer;
import io.millrace.state.CachedOutput;
import io.millrace.state.Request;
import io.millrace.topologies.health.logic.HealthFold;
import io.millrace.topologies.targets.Target;
import io.millrace.topologies.targets.TargetTable;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Decides for every operation that arrives: give its answer again, serve it from the cache, let it
 * join equal work, have it done, hold it, or refuse it.
 */
final class Arrivals {
  private static final int SUCCESSORS_MAX = 4;

  private final int waitersMax;
  private final TargetKind kind;
  private final TargetTable targets;
  private final HealthFold health;
  private final Flights flights;
  private final Invalidations invalidations;
  private final OutputCache cache;
  private final Replies replies;
  private final Held held;
  private final Attempts attempts;
  private final Sequences sequences;

  /**
   * @param waitersMax most operations that join one flight
   * @param kind of the targets that are asked
   */
  Arrivals(
      int waitersMax,
      TargetKind kind,
      TargetTable targets,
      HealthFold health,
      Flights flights,
      Invalidations invalidations,
      OutputCache cache,
      Replies replies,
      Held held,
      Attempts attempts,
      Sequences sequences) {
    this.waitersMax = waitersMax;
    this.kind = kind;
    this.targets = targets;
    this.health = health;
    this.flights = flights;
    this.invalidations = invalidations;
    this.cache = cache;
    this.replies = replies;
    this.held = held;
    this.attempts = attempts;
    this.sequences = sequences;
  }

  /**
   * Takes an operation that the guard let through.
   *
   * @param fingerprint its fingerprint, whose partition this is
   * @param target what it asks for
   * @param inputs of a model, where they may travel with the task; null otherwise
   */
  void call(
      Request request, String fingerprint, Target target, @Nullable List<Tensor> inputs, long now) {
    if (replies.repeated(request, now) || late(request, now)) {
      return;
    }
    CachedOutput cached =
        target.cacheable()
            ? cache.get(fingerprint, target.name(), request.getCorrelationId(), now)
            : null;
    if (cached != null) {
      replies.answer(request, Answers.fromCache(request, cached, now), now);
      return;
    }
    String key = target.sequenced() ? fingerprint : key(request, fingerprint, target);
    LiveFlight flying = flights.get(key);
    if (flying != null) {
      join(flying, request, now);
      return;
    }
    TargetSpec spec = target.spec();
    if (overloaded(request, spec.getInFlightMax(), now)) {
      return;
    }
    Answer outOfTurn = sequences.refusal(key, request, now);
    if (outOfTurn != null) {
      replies.answer(request, outOfTurn, now);
      return;
    }
    LiveFlight live = LiveFlight.of(key, request);
    live.inputs = inputs;
    live.flight.setShared(target.cacheable());
    live.flight.setWork(key.equals(fingerprint) ? "" : fingerprint);
    if (targets.hasPool(spec.getPool())) {
      attempts.begin(live, target, now);
    } else {
      held.hold(live, now);
    }
  }

  /** Has the requests done whose turn in their sequences has come. */
  void goOn(long now) {
    for (LiveFlight live = replies.turn(); live != null; live = replies.turn()) {
      Request request = live.leader();
      Target target = targets.target(request.getTarget());
      Answer outOfTurn = sequences.refusal(live.fingerprint, request, now);
      if (target == null || !targets.hasPool(target.spec().getPool())) {
        held.hold(live, now);
      } else if (outOfTurn != null) {
        replies.finish(live, outOfTurn, now);
      } else {
        attempts.begin(live, target, now);
      }
      flights.forgetWaiter(live.fingerprint, request);
    }
  }

  /**
   * The key of the flight that an operation joins or begins: its fingerprint, unless what flies
   * under that is no longer true. Then equal operations meet under a key that follows from it, and
   * again if that is overtaken as well; beyond {@value #SUCCESSORS_MAX} each flies alone.
   */
  private String key(Request request, String fingerprint, Target target) {
    String key = fingerprint;
    for (int i = 0; i < SUCCESSORS_MAX; i++) {
      LiveFlight flying = flights.get(key);
      if (flying == null || mayJoin(request, flying, target)) {
        return key;
      }
      key = Fingerprint.ofOperation(key);
    }
    return Fingerprint.ofOperation(request.getOperationId());
  }

  private boolean mayJoin(Request request, LiveFlight flying, Target target) {
    return flying.begunAt() == 0
        || !invalidations.strike(
            flying.origin(target.spec().getVersion()), request.getCorrelationId());
  }

  /** Holds an operation whose target is not known (yet). */
  void hold(Request request, long now) {
    String fingerprint = Fingerprint.ofOperation(request.getOperationId());
    TargetSpec declared = targets.declared(request.getTarget());
    int most = declared == null ? Integer.MAX_VALUE : declared.getInFlightMax();
    if (!replies.repeated(request, now) && !late(request, now) && !overloaded(request, most, now)) {
      held.hold(LiveFlight.of(fingerprint, request), now);
    }
  }

  private boolean overloaded(Request request, int targetMax, long now) {
    Load load = flights.load();
    if (!load.tooManyFlights(request.getTarget(), targetMax) && !load.tooManyBytesWith(request)) {
      return false;
    }
    health.refused(request.getTarget(), kind, now);
    replies.refuse(
        request,
        Outcome.REFUSED,
        "OVERLOADED",
        "too much is in flight for %s on this partition; try again later under a new id"
            .formatted(request.getTarget()),
        now);
    return true;
  }

  /** Asked after whether it is repeated: what was answered in time is not late when read again. */
  private boolean late(Request request, long now) {
    if (request.getDeadlineAt() > now) {
      return false;
    }
    replies.refuse(
        request,
        Outcome.DEADLINE_EXCEEDED,
        "DEADLINE_EXCEEDED",
        "the deadline passed %d ms before the call was seen; expected one in the future"
            .formatted(now - request.getDeadlineAt()),
        now);
    return true;
  }

  private void join(LiveFlight flying, Request request, long now) {
    if (flying.waiters.size() >= waitersMax || flights.load().tooManyBytesWith(request)) {
      replies.refuse(
          request,
          Outcome.REFUSED,
          "OVERLOADED",
          "%d operations wait for this answer already; try again later under a new id"
              .formatted(flying.waiters.size() + 1),
          now);
    } else {
      flights.join(flying, request);
    }
  }
}
