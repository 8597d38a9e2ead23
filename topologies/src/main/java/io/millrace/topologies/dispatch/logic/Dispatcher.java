package io.millrace.topologies.dispatch.logic;

import static io.millrace.topologies.dispatch.logic.Answers.failed;

import io.millrace.events.Attempt;
import io.millrace.events.Failure;
import io.millrace.events.OperationKind;
import io.millrace.events.Outcome;
import io.millrace.events.Tensor;
import io.millrace.state.Answer;
import io.millrace.state.CachedOutput;
import io.millrace.state.Request;
import io.millrace.topologies.health.logic.HealthFold;
import io.millrace.topologies.targets.Target;
import io.millrace.topologies.targets.TargetTable;
import java.util.List;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * Takes what the log says of the operations of one partition, and lets time pass for those under
 * way.
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
  private static final long STALL_MILLIS = 1_000;
  private static final long SET_BACK_MILLIS = 1_000;

  private final DispatchPolicy policy;
  private final TargetTable targets;
  private final Journal journal;
  private final Flights flights;
  private final OutputCache cache;
  private final Replies replies;
  private final Held held;
  private final Sleepers sleepers;
  private final Arrivals arrivals;
  private final Attempts attempts;
  private final Recovery recovery;
  private final Silence silence;
  private final Sequences sequences;
  private long ticked;
  private long latest;

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
    HandOvers handOvers = new HandOvers(policy.silence().toMillis());
    Notices notices = new Notices("dispatch/" + partition, out);
    Controls controls = new Controls(policy, random, notices, nowMillis);
    AttemptHealth attemptHealth = new AttemptHealth(health, targets, controls, kind);
    Fallbacks fallbacks = new Fallbacks(targets);
    this.flights = new Flights(policy, journal, handOvers);
    this.cache = new OutputCache(policy.cache(), journal, out, invalidations);
    this.sequences = new Sequences(journal);
    Writes writes = new Writes(targets, invalidations, out);
    this.replies =
        new Replies(policy, targets, journal, out, flights, cache, writes, attemptHealth);
    this.held = new Held(policy.unknownTargetWait(), targets, out, flights, replies);
    this.sleepers = new Sleepers(targets, flights, health, AttemptHealth.targetKind(kind));
    Sending sending =
        new Sending(
            partition,
            kind,
            targets,
            out,
            flights,
            handOvers,
            fallbacks,
            controls,
            attemptHealth,
            writes,
            sequences,
            nowMillis);
    this.recovery =
        new Recovery(
            targets,
            random,
            flights,
            replies,
            notices,
            fallbacks,
            controls,
            attemptHealth,
            sending);
    this.attempts =
        new Attempts(
            flights,
            handOvers,
            replies,
            fallbacks,
            controls,
            attemptHealth,
            sending,
            new Claims(out, flights, handOvers, fallbacks, sending),
            recovery,
            sequences);
    this.silence =
        new Silence(
            policy.silence(),
            kind,
            targets,
            out,
            flights,
            handOvers,
            replies,
            fallbacks,
            attemptHealth,
            sending,
            recovery);
    this.arrivals =
        new Arrivals(
            policy.waitersMax(),
            AttemptHealth.targetKind(kind),
            targets,
            health,
            flights,
            invalidations,
            cache,
            replies,
            held,
            attempts,
            sequences);
    this.ticked = nowMillis;
    this.latest = nowMillis;
    restore(nowMillis);
  }

  private void restore(long now) {
    journal.restore(
        (fingerprint, flight) -> {
          LiveFlight live = new LiveFlight(fingerprint, flight);
          live.restored = true;
          flights.keep(live);
          attempts.restored(live, now + policy.restoreGrace().toMillis(), now);
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
      held.hold(LiveFlight.of(fingerprint, request), now);
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
   * @param inputs of a model, where they may travel with the task; null otherwise
   */
  public void call(
      Request request, String fingerprint, Target target, @Nullable List<Tensor> inputs, long now) {
    passed(now);
    arrivals.call(request, fingerprint, target, inputs, now);
    arrivals.goOn(now);
  }

  /** Holds an operation whose target is not known (yet). */
  public void hold(Request request, long now) {
    passed(now);
    arrivals.hold(request, now);
  }

  /** Refuses an operation at once; the refusal is its answer and is given again. */
  public void refuse(Request request, Outcome outcome, String code, String message, long now) {
    replies.refuse(request, outcome, code, message, now);
  }

  /** Takes what a worker says. */
  public void attempt(Attempt attempt, long now) {
    passed(now);
    attempts.take(attempt, now);
    arrivals.goOn(now);
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
   * @return whether it is known here: it was under way, or has been answered
   */
  public boolean cancel(String operationId, String reason, long now) {
    passed(now);
    LiveFlight live = flights.carrying(operationId);
    if (live == null) {
      return journal.answer(operationId, now) != null;
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
    arrivals.goOn(now);
    return true;
  }

  /**
   * Does what is due; to be called every 10 ms.
   *
   * @return how late the latest timer was, milliseconds
   */
  public long tick(long now) {
    passed(now);
    if (now - ticked > STALL_MILLIS) {
      silence.stalled(now, now - ticked);
    }
    ticked = now;
    long lateness = flights.expire(now, live -> due(live, now));
    silence.checkHandOvers(now);
    sleepers.tell(now);
    arrivals.goOn(now);
    sequences.expire(now, flights);
    return lateness;
  }

  /**
   * Time has passed. Where the clock was set back, callers have as much time left as before, and
   * nobody was silent; a clock that was set forward cannot be told from having been away.
   */
  private void passed(long now) {
    long back = latest - now;
    latest = now;
    if (back > SET_BACK_MILLIS) {
      flights.setBack(back);
      silence.stalled(now, 0);
      ticked = now;
    }
  }

  private void due(LiveFlight live, long now) {
    for (Request request : Flights.late(live, now)) {
      replies.leave(live, request, tooLate(live, request, now), now);
    }
    if (!flights.has(live)) {
      return;
    }
    switch (live.flight.getPhase()) {
      case HELD -> held.release(live, now);
      case BACKOFF -> recovery.retryIfDue(live, now);
      case SENT -> silence.watch(live, now);
      case UNKNOWN -> {}
    }
    if (flights.has(live)) {
      flights.schedule(live);
    }
  }

  private Answer tooLate(LiveFlight live, Request request, long now) {
    if (targets.starting(request.getTarget())) {
      return failed(
          request,
          Outcome.DEADLINE_EXCEEDED,
          live.flight.getAttempt(),
          "NO_WORKER",
          "no answer within %d ms: no worker for %s came, and its pool may have none until it is asked for; see what starts its workers"
              .formatted(request.getDeadlineAt() - request.getArrivedAt(), request.getTarget()),
          now);
    }
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
}
