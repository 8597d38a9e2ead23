package io.millrace.topologies.dispatch.logic;

import static io.millrace.topologies.dispatch.logic.Answers.failed;

import io.millrace.events.Attempt;
import io.millrace.events.ControlType;
import io.millrace.events.Failure;
import io.millrace.events.OperationKind;
import io.millrace.events.Outcome;
import io.millrace.events.ServedBy;
import io.millrace.events.TargetKind;
import io.millrace.events.TargetSpec;
import io.millrace.events.Task;
import io.millrace.schemas.identity.Fingerprint;
import io.millrace.schemas.identity.Ids;
import io.millrace.state.Answer;
import io.millrace.state.CachedOutput;
import io.millrace.state.Flight;
import io.millrace.state.FlightPhase;
import io.millrace.state.Request;
import io.millrace.topologies.health.logic.HealthFold;
import io.millrace.topologies.targets.Target;
import io.millrace.topologies.targets.TargetTable;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * Decides for every operation of one partition: give its answer again, serve it from the cache, let
 * it join equal work, send it, hold it, try it again, or refuse it. The only authority on retries.
 *
 * <p>A flight is the work for one fingerprint, led by one operation; others may join where target
 * and arguments are the same and the target is declared cacheable and idempotent. A flight is HELD
 * until its target is known, SENT while a task is out, in BACKOFF between attempts. Flights are
 * kept on the heap and, for restarts, in the journal; every decision is made from what the log said
 * and from the time passed in.
 *
 * <p>What is not idempotent runs only under a claim: workers ask, the first claim in log order is
 * granted, and once granted the operation is never sent again. The silence of a worker ends an
 * attempt as LOST, which an idempotent operation survives by another attempt and any other ends as
 * OUTCOME_UNKNOWN, unless no claim was granted: then it never ran and is sent again.
 *
 * <p>Not safe for use by several threads.
 */
public final class Dispatcher {
  private static final long HELD_CHECK_MILLIS = 50;
  private static final long BUDGET_WAIT_MILLIS = 200;
  private static final long STALL_MILLIS = 1_000;

  private final int partition;
  private final OperationKind kind;
  private final DispatchPolicy policy;
  private final TargetTable targets;
  private final Journal journal;
  private final Outbox out;
  private final HealthFold health;
  private final RandomGenerator random;

  private final Map<String, LiveFlight> flights = new HashMap<>();
  private final Map<String, HandOver> handOvers = new HashMap<>();
  private final Circuits circuits;
  private final Timers<String> timers = new Timers<>();
  private final OutputCache cache;
  private final Load load;
  private final RetryBudget budget;
  private long sequence;
  private long ticked;

  /**
   * @param partition number of the dispatch task, where its attempts come home to
   * @param health folds the attempts that end here
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
      RandomGenerator random,
      long nowMillis) {
    this.partition = partition;
    this.kind = kind;
    this.policy = policy;
    this.targets = targets;
    this.journal = journal;
    this.out = out;
    this.health = health;
    this.random = random;
    this.circuits = new Circuits(targets);
    this.load = new Load(policy);
    this.cache = new OutputCache(policy, journal);
    this.budget =
        new RetryBudget(
            policy.retryRatio(), policy.retriesPerSecond(), policy.retriesSaved(), nowMillis);
    // Above every sequence of an earlier run, so that its late attempts prove nothing about ours.
    this.sequence = nowMillis * 1_000;
    this.ticked = nowMillis;
    restore(nowMillis);
  }

  private void restore(long now) {
    long grace = now + policy.restoreGrace().toMillis();
    journal.restore(
        (fingerprint, flight) -> {
          LiveFlight live = new LiveFlight(fingerprint, flight);
          live.restored = true;
          keep(live);
          sequence = Math.max(sequence, flight.getSequence());
          circuits.restored(live);
          if (flight.getPhase() == FlightPhase.SENT) {
            if (live.claimed()) {
              live.heardAt = grace;
            } else {
              handOver(flight.getPool(), now).sent(flight.getSequence(), fingerprint, now);
            }
          }
          schedule(live);
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
      journal.waiter(fingerprint, operationId, null);
    } else if (live != null) {
      addWaiter(live, request);
      schedule(live);
    } else {
      hold(new LiveFlight(fingerprint, flight(request)), now);
      journal.waiter(fingerprint, operationId, null);
    }
  }

  /** Flights under way. */
  public int inFlight() {
    return flights.size();
  }

  /** Bytes of outputs and keys cached, a character counted as one. */
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
    if (repeated(request, now) || late(request, now)) {
      return;
    }
    CachedOutput cached = target.cacheable() ? cache.get(fingerprint, now) : null;
    if (cached != null) {
      answer(request, Answers.fromCache(request, cached, now), now);
      return;
    }
    LiveFlight flying = flights.get(fingerprint);
    if (flying != null) {
      join(flying, request, now);
      return;
    }
    TargetSpec spec = target.spec();
    String name = target.name();
    if (load.tooManyFlights(name, spec.getInFlightMax()) || load.tooManyBytesWith(request)) {
      refuse(
          request,
          Outcome.REFUSED,
          "OVERLOADED",
          "too much is in flight for %s on this partition; try again later under a new id"
              .formatted(name),
          now);
      return;
    }
    Flight flight = flight(request);
    flight.setShared(target.cacheable());
    LiveFlight live = new LiveFlight(fingerprint, flight);
    if (!targets.hasPool(spec.getPool())) {
      hold(live, now);
      return;
    }
    String refusal = circuits.admit(live);
    if (refusal != null) {
      refuse(request, Outcome.CIRCUIT_OPEN, "CIRCUIT_OPEN", refusal, now);
      return;
    }
    keep(live);
    budget.firstAttempt();
    send(live, spec, true, now);
  }

  /** Holds an operation whose target is not known (yet). */
  public void hold(Request request, long now) {
    String fingerprint = Fingerprint.ofOperation(request.getOperationId());
    if (repeated(request, now) || late(request, now)) {
      return;
    }
    if (load.tooManyFlights(request.getTarget(), Integer.MAX_VALUE)
        || load.tooManyBytesWith(request)) {
      refuse(
          request,
          Outcome.REFUSED,
          "OVERLOADED",
          "too much is in flight on this partition; try again later under a new id",
          now);
    } else {
      hold(new LiveFlight(fingerprint, flight(request)), now);
    }
  }

  /** Asked after {@link #repeated}: what was answered in time is not too late when read again. */
  private boolean late(Request request, long now) {
    if (request.getDeadlineAt() > now) {
      return false;
    }
    refuse(
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
    flight.setPhase(FlightPhase.UNKNOWN);
    flight.setPool("");
    flight.setTaskId("");
    flight.setTaskOperationId("");
    flight.setClaimRequired(true);
    flight.setClaimId("");
    flight.setLastOutcome(Outcome.UNKNOWN);
    return flight;
  }

  private void hold(LiveFlight live, long now) {
    live.flight.setPhase(FlightPhase.HELD);
    live.flight.setNextAt(now + HELD_CHECK_MILLIS);
    keep(live);
    journal.flight(live.fingerprint, live.flight);
    schedule(live);
  }

  /** Refuses an operation at once; the refusal is its answer and is given again. */
  public void refuse(Request request, Outcome outcome, String code, String message, long now) {
    answer(request, failed(request, outcome, 0, code, message, now), now);
  }

  private boolean repeated(Request request, long now) {
    String operationId = request.getOperationId();
    Answer before = journal.answer(operationId, now);
    Long known = before == null ? load.content(operationId) : Long.valueOf(before.getContent());
    if (known != null) {
      if (known != request.getContent()) {
        out.answer(
            request,
            failed(
                request,
                Outcome.REFUSED,
                0,
                "OPERATION_ID_REUSED",
                "operation id %s was used before with another target or other arguments; give every operation an id of its own"
                    .formatted(operationId),
                now));
      } else if (before != null) {
        out.answer(request, before);
      }
      return true;
    }
    Instant made = Ids.timeOf(operationId).orElse(null);
    if (made == null) {
      return false;
    }
    if (made.toEpochMilli() < now - policy.dedupeWindow().toMillis()) {
      out.answer(
          request,
          failed(
              request,
              Outcome.REFUSED,
              0,
              "ID_TOO_OLD",
              "operation id %s was made at %s, longer ago than answers are kept (%s): whether it ran cannot be told; send it again under a new id if it should run"
                  .formatted(operationId, made, policy.dedupeWindow()),
              now));
      return true;
    }
    return false;
  }

  private void join(LiveFlight flying, Request request, long now) {
    if (flying.waiters.size() >= policy.waitersMax() || load.tooManyBytesWith(request)) {
      refuse(
          request,
          Outcome.REFUSED,
          "OVERLOADED",
          "%d operations wait for this answer already; try again later under a new id"
              .formatted(flying.waiters.size() + 1),
          now);
      return;
    }
    addWaiter(flying, request);
    journal.waiter(flying.fingerprint, request.getOperationId(), request);
    schedule(flying);
  }

  private void send(LiveFlight live, TargetSpec spec, boolean newAttempt, long now) {
    Flight flight = live.flight;
    Request request = flight.getRequest();
    String pool = spec.getPool();
    if (newAttempt) {
      flight.setAttempt(flight.getAttempt() + 1);
      flight.setTaskId(
          Ids.derived(request.getOperationId(), "task", Integer.toString(flight.getAttempt())));
      flight.setTaskOperationId(request.getOperationId());
      flight.setClaimRequired(!spec.getIdempotent());
    }
    flight.setPhase(FlightPhase.SENT);
    flight.setSequence(++sequence);
    flight.setPool(pool);
    flight.setSentAt(now);
    flight.setNextAt(0L);
    flight.setClaimId("");
    live.heardAt = 0;
    live.sentUntil = live.deadline();
    journal.flight(live.fingerprint, flight);

    Task task = Orders.task(live, spec, kind, partition, now);
    handOver(pool, now).sent(flight.getSequence(), live.fingerprint, now);
    schedule(live);
    out.task(pool, task);
  }

  /** Takes what a worker says. */
  public void attempt(Attempt attempt, long now) {
    HandOver handOver = handOvers.get(attempt.getPool());
    if (handOver != null) {
      handOver.heard(attempt.getSequence());
    }
    LiveFlight live = flights.get(attempt.getFingerprint());
    switch (attempt.getPhase()) {
      case CLAIM -> claim(live, attempt, now);
      case RUNNING -> {
        if (live != null && attempt.getTaskId().equals(live.flight.getTaskId())) {
          // From now on its beat is watched, under whatever number its copies lie in the queue.
          handOver(live.flight.getPool(), now).forget(live.flight.getSequence());
          live.heardAt = Math.max(live.heardAt, now);
          schedule(live);
        }
      }
      case DONE -> {
        if (live != null) {
          done(live, attempt, now);
        }
      }
      case UNKNOWN -> {}
    }
  }

  private void claim(@Nullable LiveFlight live, Attempt claim, long now) {
    boolean mayRun =
        live != null
            && live.flight.getPhase() == FlightPhase.SENT
            && claim.getTaskId().equals(live.flight.getTaskId())
            && now < live.deadline()
            && (!live.claimed() || live.flight.getClaimId().equals(claim.getClaimId()));
    if (mayRun && live != null && !live.claimed()) {
      live.flight.setClaimId(claim.getClaimId());
      live.heardAt = now;
      // The task itself may lie in the queue twice; whoever holds the claim is watched by its beat.
      handOver(live.flight.getPool(), now).forget(live.flight.getSequence());
      journal.flight(live.fingerprint, live.flight);
      schedule(live);
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

  private void done(LiveFlight live, Attempt done, long now) {
    Flight flight = live.flight;
    boolean present =
        flight.getPhase() == FlightPhase.SENT && done.getTaskId().equals(flight.getTaskId());
    boolean claimHolds = !live.claimed() || flight.getClaimId().equals(done.getClaimId());
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
    if (done.getOutcome() == Outcome.OK) {
      finish(live, Answers.fromWorker(flight, done, now), now);
      return;
    }
    TargetSpec spec = spec(flight.getRequest());
    boolean again =
        spec != null
            && spec.getIdempotent()
            && !flight.getClaimRequired()
            && (done.getRetryable() || done.getOutcome() == Outcome.DEADLINE_EXCEEDED)
            && done.getOutcome() != Outcome.CANCELLED
            && flight.getAttempt() < spec.getAttemptsMax()
            && flight.getProbeEpoch() == 0;
    if (again && spec != null) {
      long pause =
          Backoff.millis(flight.getAttempt(), spec.getBackoffMs(), spec.getBackoffMaxMs(), random);
      if (pause < live.deadline() - now && budget.tryRetry(now)) {
        backOff(live, done.getOutcome(), done.getFailure(), now + pause);
        return;
      }
    }
    finish(live, Answers.fromWorker(flight, done, now), now);
  }

  private void backOff(LiveFlight live, Outcome outcome, @Nullable Failure failure, long nextAt) {
    live.flight.setPhase(FlightPhase.BACKOFF);
    live.flight.setNextAt(nextAt);
    live.flight.setLastOutcome(outcome);
    live.flight.setLastFailure(failure);
    live.heardAt = 0;
    journal.flight(live.fingerprint, live.flight);
    schedule(live);
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
      }
      default -> {}
    }
  }

  /**
   * Cancels an operation of this partition.
   *
   * @param fingerprint under which it flies
   */
  public void cancel(String fingerprint, String operationId, String reason, long now) {
    LiveFlight live = flights.get(fingerprint);
    if (live == null || !live.carries(operationId)) {
      return;
    }
    Request waiter = live.waiters.get(operationId);
    Request request = waiter == null ? live.leader() : waiter;
    leave(
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

  /** Answers one operation of a flight; the flight goes on if others wait for it. */
  private void leave(LiveFlight live, Request request, Answer answer, long now) {
    if (live.waiters.containsKey(request.getOperationId())) {
      answer(live, request, answer, now);
      dropWaiter(live, request);
      schedule(live);
      return;
    }
    if (live.waiters.isEmpty()) {
      if (live.flight.getPhase() == FlightPhase.SENT) {
        out.control(
            Orders.control(
                ControlType.CANCEL,
                request.getTenant(),
                live.flight.getTaskOperationId(),
                live.flight.getTaskId(),
                "",
                answer.getOutcome().name(),
                now));
      }
      finish(live, answer, now);
      return;
    }
    answer(live, request, answer, now);
    Request heir = live.waiters.values().iterator().next();
    load.remove(request);
    live.flight.setRequest(heir);
    live.waiters.remove(heir.getOperationId());
    journal.flight(live.fingerprint, live.flight);
    journal.waiter(live.fingerprint, heir.getOperationId(), null);
    schedule(live);
  }

  /** Answers go out before the flight is forgotten: a crash in between repeats, but loses none. */
  private void finish(LiveFlight live, Answer answer, long now) {
    if (answer.getOutcome() == Outcome.OK && answer.getServedBy() == ServedBy.WORKER) {
      cache.put(live.fingerprint, targets.target(live.leader().getTarget()), answer, now);
    }
    answer(live, live.leader(), answer, now);
    for (Request waiter : List.copyOf(live.waiters.values())) {
      answer(live, waiter, Answers.shared(answer, waiter, now), now);
      dropWaiter(live, waiter);
    }
    remove(live);
  }

  /** An answer that an earlier run gave stands. */
  private void answer(LiveFlight live, Request request, Answer answer, long now) {
    Answer before = live.restored ? journal.answer(request.getOperationId(), now) : null;
    answer(request, before == null ? answer : before, now);
  }

  private void answer(Request request, Answer answer, long now) {
    journal.answer(request.getOperationId(), now, answer);
    out.answer(request, answer);
  }

  /**
   * Does what is due; to be called every 10 ms.
   *
   * @return how late the latest timer was, milliseconds
   */
  public long tick(long now) {
    if (now - ticked > STALL_MILLIS) {
      handOvers.values().forEach(handOver -> handOver.stalled(now));
      long away = now - ticked;
      flights.values().stream()
          .filter(live -> live.heardAt != 0)
          .forEach(
              live -> {
                live.heardAt += away;
                schedule(live);
              });
    }
    ticked = now;
    long lateness = timers.expire(now, fingerprint -> due(fingerprint, now));
    // A copy: what is sent again may go to a pool that had no hand-over yet.
    for (HandOver handOver : List.copyOf(handOvers.values())) {
      handOver.check(
          now,
          (number, fingerprint) -> ifSent(fingerprint, number, live -> silent(live, now)),
          (number, fingerprint) -> ifSent(fingerprint, number, live -> sendAgain(live, now)));
    }
    return lateness;
  }

  private void ifSent(String fingerprint, long number, Consumer<LiveFlight> action) {
    LiveFlight live = flights.get(fingerprint);
    if (live != null
        && live.flight.getPhase() == FlightPhase.SENT
        && live.flight.getSequence() == number) {
      action.accept(live);
    }
  }

  private void due(String fingerprint, long now) {
    LiveFlight live = flights.get(fingerprint);
    if (live == null) {
      return;
    }
    List<Request> late = new ArrayList<>();
    for (Request waiter : live.waiters.values()) {
      if (waiter.getDeadlineAt() <= now) {
        late.add(waiter);
      }
    }
    if (live.leader().getDeadlineAt() <= now) {
      late.add(live.leader());
    }
    for (Request request : late) {
      leave(live, request, tooLate(live, request, now), now);
    }
    if (flights.get(fingerprint) != live) {
      return;
    }
    switch (live.flight.getPhase()) {
      case HELD -> release(live, now);
      case BACKOFF -> {
        if (live.flight.getNextAt() <= now) {
          retry(live, now);
        }
      }
      case SENT -> {
        if (live.heardAt != 0 && now >= live.heardAt + policy.silence().toMillis()) {
          silent(live, now);
        }
      }
      case UNKNOWN -> {}
    }
    if (flights.get(fingerprint) == live) {
      schedule(live);
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

  private void release(LiveFlight live, long now) {
    Request request = live.leader();
    TargetSpec spec = spec(request);
    if (spec != null && targets.hasPool(spec.getPool())) {
      out.route(request, live.fingerprint);
      for (Request waiter : List.copyOf(live.waiters.values())) {
        out.route(waiter, live.fingerprint);
        dropWaiter(live, waiter);
      }
      remove(live);
    } else if (now >= request.getArrivedAt() + policy.unknownTargetWait().toMillis()) {
      String name = request.getTarget();
      finish(
          live,
          spec == null
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
                      .formatted(spec.getPool(), name),
                  now),
          now);
    } else {
      live.flight.setNextAt(now + HELD_CHECK_MILLIS);
    }
  }

  private void retry(LiveFlight live, long now) {
    Request request = live.leader();
    Flight flight = live.flight;
    TargetSpec spec = spec(request);
    String refusal = spec == null ? "the target was removed" : circuits.admit(live);
    if (refusal != null || spec == null) {
      Failure last = flight.getLastFailure();
      finish(
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
      return;
    }
    if (!targets.hasPool(spec.getPool())) {
      flight.setNextAt(now + HELD_CHECK_MILLIS);
      return;
    }
    if (flight.getLastOutcome() == Outcome.LOST && !budget.tryRetry(now)) {
      flight.setNextAt(now + BUDGET_WAIT_MILLIS);
      return;
    }
    send(live, spec, true, now);
  }

  /** The worker that took this flight's task has fallen silent. */
  private void silent(LiveFlight live, long now) {
    Flight flight = live.flight;
    TargetSpec spec = spec(live.leader());
    boolean mayRunTwice = !flight.getClaimRequired();
    if (!mayRunTwice && !live.claimed()) {
      sendAgain(live, now);
      return;
    }
    health.add(
        live.leader().getTarget(),
        TargetKind.TOOL,
        Outcome.LOST,
        "WORKER_LOST",
        0,
        live.argumentsLength(),
        0,
        0,
        flight.getProbeEpoch(),
        now);
    Failure lost =
        new Failure(
            "WORKER_LOST",
            "the worker that ran attempt %d was not heard of for %s"
                .formatted(flight.getAttempt(), policy.silence()));
    if (!mayRunTwice) {
      finish(
          live,
          failed(
              live.leader(),
              Outcome.OUTCOME_UNKNOWN,
              flight.getAttempt(),
              "WORKER_LOST",
              lost.getMessage()
                  + "; the target is not idempotent, so it is not tried again: check whether it"
                  + " took effect",
              now),
          now);
    } else if (spec == null
        || !spec.getIdempotent()
        || flight.getAttempt() >= spec.getAttemptsMax()) {
      finish(
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
      long pause =
          Backoff.millis(flight.getAttempt(), spec.getBackoffMs(), spec.getBackoffMaxMs(), random);
      backOff(live, Outcome.LOST, lost, now + pause);
    }
  }

  /** Sends the task of an attempt once more: it never ran, or running it twice does no harm. */
  private void sendAgain(LiveFlight live, long now) {
    if (live.claimed()) {
      return;
    }
    TargetSpec spec = spec(live.leader());
    if (spec != null && targets.hasPool(spec.getPool())) {
      send(live, spec, false, now);
    } else {
      // Nowhere to send it now: asked again after the next silence, until the deadline.
      live.heardAt = 0;
      live.flight.setSequence(++sequence);
      handOver(live.flight.getPool(), now).sent(sequence, live.fingerprint, now);
    }
  }

  private @Nullable TargetSpec spec(Request request) {
    Target target = targets.target(request.getTarget());
    return target == null ? null : target.spec();
  }

  private HandOver handOver(String pool, long now) {
    return handOvers.computeIfAbsent(pool, p -> new HandOver(policy.silence().toMillis(), now));
  }

  private void keep(LiveFlight live) {
    flights.put(live.fingerprint, live);
    load.began(live.leader());
  }

  private void addWaiter(LiveFlight live, Request request) {
    live.waiters.put(request.getOperationId(), request);
    load.add(request);
  }

  private void dropWaiter(LiveFlight live, Request request) {
    live.waiters.remove(request.getOperationId());
    journal.waiter(live.fingerprint, request.getOperationId(), null);
    load.remove(request);
  }

  private void remove(LiveFlight live) {
    flights.remove(live.fingerprint);
    load.ended(live.leader());
    timers.remove(live.fingerprint);
    journal.flight(live.fingerprint, null);
    HandOver handOver = handOvers.get(live.flight.getPool());
    if (handOver != null) {
      handOver.forget(live.flight.getSequence());
    }
  }

  private void schedule(LiveFlight live) {
    long due = live.firstDeadline();
    if (live.flight.getNextAt() > 0) {
      due = Math.min(due, live.flight.getNextAt());
    }
    if (live.heardAt > 0 && live.flight.getPhase() == FlightPhase.SENT) {
      due = Math.min(due, live.heardAt + policy.silence().toMillis());
    }
    timers.set(live.fingerprint, due);
  }
}
