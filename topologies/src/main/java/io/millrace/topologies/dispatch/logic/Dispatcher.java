package io.millrace.topologies.dispatch.logic;

import static io.millrace.topologies.dispatch.logic.Answers.failed;

import io.millrace.events.Attempt;
import io.millrace.events.Failure;
import io.millrace.events.OperationKind;
import io.millrace.events.Outcome;
import io.millrace.events.TargetKind;
import io.millrace.events.TargetSpec;
import io.millrace.schemas.identity.Fingerprint;
import io.millrace.state.Answer;
import io.millrace.state.CachedOutput;
import io.millrace.state.Flight;
import io.millrace.state.FlightPhase;
import io.millrace.state.Request;
import io.millrace.topologies.health.logic.HealthFold;
import io.millrace.topologies.targets.Target;
import io.millrace.topologies.targets.TargetTable;
import java.util.List;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * Decides for every operation of one partition: give its answer again, serve it from the cache, let
 * it join equal work, have it done, hold it, or refuse it.
 *
 * <p>A flight is the work for one fingerprint, led by one operation; others may join where target
 * and arguments are the same and the target is declared cacheable and idempotent. A flight is HELD
 * until its target is known, SENT while a task is out, in BACKOFF between attempts. Flights are
 * kept on the heap and, for restarts, in the journal; every decision is made from what the log said
 * and from the time passed in.
 *
 * <p>Not safe for use by several threads.
 */
public final class Dispatcher {
  private static final long HELD_CHECK_MILLIS = 50;
  private static final long STALL_MILLIS = 1_000;
  private static final int SUCCESSORS_MAX = 4;

  private final DispatchPolicy policy;
  private final TargetTable targets;
  private final Journal journal;
  private final Outbox out;
  private final HealthFold health;
  private final Flights flights;
  private final Invalidations invalidations;
  private final OutputCache cache;
  private final Replies replies;
  private final Attempts attempts;
  private long ticked;

  /**
   * @param partition number of the dispatch task, where its attempts come home to
   * @param health folds the attempts that end here
   * @param invalidations what of the cache is no longer true
   * @param nowMillis milliseconds since the epoch, as in all methods
   */
  public Dispatcher(
      int partition,
      OperationKind kind,
      DispatchPolicy policy,
      TargetTable targets,
      Journal journal,
      Outbox out,
      HealthFold health,
      Invalidations invalidations,
      RandomGenerator random,
      long nowMillis) {
    this.policy = policy;
    this.targets = targets;
    this.journal = journal;
    this.out = out;
    this.health = health;
    HandOvers handOvers = new HandOvers(policy.silence().toMillis());
    this.flights = new Flights(policy, journal, handOvers);
    this.invalidations = invalidations;
    this.cache = new OutputCache(policy.cache(), journal, out, invalidations);
    Writes writes = new Writes(targets, invalidations, out);
    this.replies = new Replies(policy, targets, journal, out, flights, cache, writes);
    this.attempts =
        new Attempts(
            partition, kind, policy, targets, out, health, random, flights, handOvers, replies,
            writes, nowMillis);
    this.ticked = nowMillis;
    restore(nowMillis);
  }

  private void restore(long now) {
    journal.restore(
        (fingerprint, flight) -> {
          LiveFlight live = new LiveFlight(fingerprint, flight);
          live.restored = true;
          flights.keep(live);
          attempts.restored(live, now);
          flights.schedule(live);
        },
        (fingerprint, request) -> restoreWaiter(fingerprint, request, now));
  }

  /**
   * A crash may have come between an answer or a promotion and what follows from it: a waiter that
   * was answered or leads is none any more, and one that nothing flies for flies anew.
   */
  private void restoreWaiter(String fingerprint, Request request, long now) {
    String operationId = request.getOperationId();
    LiveFlight live = flights.get(fingerprint);
    boolean leads = live != null && live.leader().getOperationId().equals(operationId);
    if (leads || journal.answer(operationId, now) != null) {
      flights.forgetWaiter(fingerprint, request);
    } else if (live != null) {
      flights.addWaiter(live, request);
    } else {
      hold(new LiveFlight(fingerprint, flight(request)), now);
      flights.forgetWaiter(fingerprint, request);
    }
  }

  /** Flights under way. */
  public int inFlight() {
    return flights.size();
  }

  /** Bytes of answers and keys cached, as they are stored. */
  public long cachedBytes() {
    return cache.bytes();
  }

  /**
   * Takes an operation that the guard let through.
   *
   * @param fingerprint its fingerprint, whose partition this is
   * @param target what it asks for
   */
  public void call(Request request, String fingerprint, Target target, long now) {
    if (replies.repeated(request, now) || late(request, now)) {
      return;
    }
    CachedOutput cached =
        target.cacheable() ? cache.get(fingerprint, request.getCorrelationId(), now) : null;
    if (cached != null) {
      replies.answer(request, Answers.fromCache(request, cached, now), now);
      return;
    }
    String key = key(request, fingerprint, target);
    LiveFlight flying = flights.get(key);
    if (flying != null) {
      join(flying, request, now);
      return;
    }
    TargetSpec spec = target.spec();
    if (overloaded(request, spec.getInFlightMax(), now)) {
      return;
    }
    Flight flight = flight(request);
    flight.setShared(target.cacheable());
    flight.setWork(key.equals(fingerprint) ? "" : fingerprint);
    LiveFlight live = new LiveFlight(key, flight);
    if (!targets.hasPool(spec.getPool())) {
      hold(live, now);
      return;
    }
    attempts.begin(live, target, now);
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
  public void hold(Request request, long now) {
    String fingerprint = Fingerprint.ofOperation(request.getOperationId());
    if (!replies.repeated(request, now)
        && !late(request, now)
        && !overloaded(request, Integer.MAX_VALUE, now)) {
      hold(new LiveFlight(fingerprint, flight(request)), now);
    }
  }

  private boolean overloaded(Request request, int targetMax, long now) {
    Load load = flights.load();
    if (!load.tooManyFlights(request.getTarget(), targetMax) && !load.tooManyBytesWith(request)) {
      return false;
    }
    health.refused(request.getTarget(), TargetKind.TOOL, now);
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

  private static Flight flight(Request request) {
    Flight flight = new Flight();
    flight.setRequest(request);
    flight.setWork("");
    flight.setPhase(FlightPhase.UNKNOWN);
    flight.setPool("");
    flight.setTaskId("");
    flight.setTaskOperationId("");
    flight.setClaimRequired(true);
    flight.setClaimId("");
    flight.setElderTaskId("");
    flight.setLastOutcome(Outcome.UNKNOWN);
    return flight;
  }

  private void hold(LiveFlight live, long now) {
    live.flight.setPhase(FlightPhase.HELD);
    live.flight.setNextAt(now + HELD_CHECK_MILLIS);
    flights.keep(live);
    flights.write(live);
    flights.schedule(live);
  }

  /** Refuses an operation at once; the refusal is its answer and is given again. */
  public void refuse(Request request, Outcome outcome, String code, String message, long now) {
    replies.refuse(request, outcome, code, message, now);
  }

  private void join(LiveFlight flying, Request request, long now) {
    if (flying.waiters.size() >= policy.waitersMax() || flights.load().tooManyBytesWith(request)) {
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

  /** Takes what a worker says. */
  public void attempt(Attempt attempt, long now) {
    attempts.take(attempt, now);
  }

  /**
   * Takes up what another instance or region cached.
   *
   * @param packed as it is stored; null says that what was begun before {@code at} is not true
   * @param at when that was said
   */
  public void cached(String fingerprint, @Nullable CachedOutput packed, long at, long now) {
    cache.takeUp(fingerprint, packed, at, now);
  }

  /**
   * Cancels an operation of this partition.
   *
   * @param fingerprint under which it flies
   */
  public void cancel(String fingerprint, String operationId, String reason, long now) {
    LiveFlight live = carrying(fingerprint, operationId);
    if (live == null) {
      return;
    }
    Request waiter = live.waiters.get(operationId);
    Request request = waiter == null ? live.leader() : waiter;
    replies.leave(
        live,
        request,
        failed(
            request,
            Outcome.CANCELLED,
            live.flight.getAttempt(),
            "CANCELLED",
            reason.isEmpty() ? "cancelled" : Foreign.clip(reason),
            now),
        now);
  }

  /** The flight of an operation, under its fingerprint or one of the keys that follow from it. */
  private @Nullable LiveFlight carrying(String fingerprint, String operationId) {
    String key = fingerprint;
    for (int i = 0; i < SUCCESSORS_MAX; i++) {
      LiveFlight live = flights.get(key);
      if (live != null && live.carries(operationId)) {
        return live;
      }
      key = Fingerprint.ofOperation(key);
    }
    LiveFlight alone = flights.get(Fingerprint.ofOperation(operationId));
    return alone != null && alone.carries(operationId) ? alone : null;
  }

  /**
   * Does what is due; to be called every 10 ms.
   *
   * @return how late the latest timer was, milliseconds
   */
  public long tick(long now) {
    if (now - ticked > STALL_MILLIS) {
      attempts.stalled(now, now - ticked);
    }
    ticked = now;
    long lateness = flights.expire(now, live -> due(live, now));
    attempts.checkHandOvers(now);
    return lateness;
  }

  private void due(LiveFlight live, long now) {
    for (Request request : Flights.late(live, now)) {
      replies.leave(live, request, tooLate(live, request, now), now);
    }
    if (!flights.has(live)) {
      return;
    }
    switch (live.flight.getPhase()) {
      case HELD -> release(live, now);
      case BACKOFF -> attempts.retryIfDue(live, now);
      case SENT -> attempts.watch(live, now);
      case UNKNOWN -> {}
    }
    if (flights.has(live)) {
      flights.schedule(live);
    }
  }

  private static Answer tooLate(LiveFlight live, Request request, long now) {
    Failure last = live.flight.getLastFailure();
    return failed(
        request,
        Outcome.DEADLINE_EXCEEDED,
        live.flight.getAttempt(),
        "DEADLINE_EXCEEDED",
        "no answer within %d ms%s"
            .formatted(
                request.getDeadlineAt() - request.getArrivedAt(),
                last == null ? "" : "; last failure: " + last.getMessage()),
        now);
  }

  /** Lets go of a held flight whose target is known by now, or refuses it after a while. */
  private void release(LiveFlight live, long now) {
    Request request = live.leader();
    Target target = targets.target(request.getTarget());
    if (target != null && targets.hasPool(target.spec().getPool())) {
      out.route(request, live.fingerprint);
      for (Request waiter : List.copyOf(live.waiters.values())) {
        out.route(waiter, live.fingerprint);
        flights.dropWaiter(live, waiter);
      }
      flights.remove(live);
    } else if (now >= request.getArrivedAt() + policy.unknownTargetWait().toMillis()) {
      replies.finish(live, unknown(request, target, now), now);
    } else {
      live.flight.setNextAt(now + HELD_CHECK_MILLIS);
    }
  }

  private static Answer unknown(Request request, @Nullable Target target, long now) {
    String name = request.getTarget();
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
