package io.millrace.topologies.dispatch.logic;

import static io.millrace.topologies.dispatch.logic.Answers.failed;

import io.millrace.events.Attempt;
import io.millrace.events.ControlType;
import io.millrace.events.Outcome;
import io.millrace.events.ServedBy;
import io.millrace.schemas.identity.Ids;
import io.millrace.state.Answer;
import io.millrace.state.CachedOutput;
import io.millrace.state.FlightPhase;
import io.millrace.state.Request;
import io.millrace.topologies.targets.TargetTable;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Answers operations, once each: by what a flight ended with, by refusal, or by the answer that was
 * given before.
 */
final class Replies {
  private final DispatchPolicy policy;
  private final TargetTable targets;
  private final Journal journal;
  private final Outbox out;
  private final Flights flights;
  private final OutputCache cache;
  private final Writes writes;
  private final AttemptHealth health;

  /** Flights of requests whose turn in their sequences has come. */
  private final Deque<LiveFlight> turns = new ArrayDeque<>();

  Replies(
      DispatchPolicy policy,
      TargetTable targets,
      Journal journal,
      Outbox out,
      Flights flights,
      OutputCache cache,
      Writes writes,
      AttemptHealth health) {
    this.policy = policy;
    this.targets = targets;
    this.journal = journal;
    this.out = out;
    this.flights = flights;
    this.cache = cache;
    this.writes = writes;
    this.health = health;
  }

  void answer(Request request, Answer answer, long now) {
    writes.answered(request, answer, now);
    journal.answer(request.getOperationId(), now, Answers.kept(answer));
    out.answer(request, answer);
  }

  /** What was cached of the flight's work and may stand in for its answer; null: nothing. */
  @Nullable CachedOutput stale(LiveFlight live, long now) {
    return cache.stale(live.work(), live.leader().getCorrelationId(), now);
  }

  /** Refuses an operation at once; the refusal is its answer and is given again. */
  void refuse(Request request, Outcome outcome, String code, String message, long now) {
    answer(request, failed(request, outcome, 0, code, message, now), now);
  }

  /** Whether an operation is in hand or was answered already; if so, nothing is left to do. */
  boolean repeated(Request request, long now) {
    String operationId = request.getOperationId();
    Answer before = journal.answer(operationId, now);
    Long known =
        before == null ? flights.load().content(operationId) : Long.valueOf(before.getContent());
    if (known != null) {
      if (known != request.getContent()) {
        out.answer(request, reused(request, now));
      } else if (before != null) {
        out.answer(request, before);
      }
      return true;
    }
    Instant made = Ids.timeOf(operationId).orElse(null);
    if (made == null || made.toEpochMilli() >= now - policy.dedupeWindow().toMillis()) {
      return false;
    }
    out.answer(request, tooOld(request, made, now));
    return true;
  }

  private static Answer reused(Request request, long now) {
    return failed(
        request,
        Outcome.REFUSED,
        0,
        "OPERATION_ID_REUSED",
        "operation id %s was used before with another target or other arguments; give every operation an id of its own"
            .formatted(request.getOperationId()),
        now);
  }

  private Answer tooOld(Request request, Instant made, long now) {
    return failed(
        request,
        Outcome.REFUSED,
        0,
        "ID_TOO_OLD",
        "operation id %s was made at %s, longer ago than answers are kept (%s): whether it ran cannot be told; send it again under a new id if it should run"
            .formatted(request.getOperationId(), made, policy.dedupeWindow()),
        now);
  }

  /** Passes on a part of the answer that is not the last one. */
  void chunk(LiveFlight live, Attempt attempt, long now) {
    out.chunk(live.leader(), Answers.chunk(live.flight, attempt, now));
  }

  /** Answers one operation of a flight; the flight goes on if others wait for it. */
  void leave(LiveFlight live, Request request, Answer answer, long now) {
    if (live.waiters.containsKey(request.getOperationId())) {
      answer(live, request, answer, now);
      flights.dropWaiter(live, request);
      flights.schedule(live);
    } else if (live.waiters.isEmpty() || Sequences.id(request) != null) {
      if (live.flight.getPhase() == FlightPhase.SENT) {
        out.control(
            Orders.control(
                ControlType.CANCEL,
                request.getTenant(),
                live.flight.getTaskOperationId(),
                // Empty: every task of the operation, its hedge too.
                live.flight.getElderTaskId().isEmpty() ? live.flight.getTaskId() : "",
                "",
                answer.getOutcome().name(),
                now));
      }
      finish(live, answer, now);
    } else {
      answer(live, request, answer, now);
      flights.promote(live);
    }
  }

  /**
   * Answers all who wait. Answers go out before the flight is forgotten: a crash in between
   * repeats, but loses none.
   */
  void finish(LiveFlight live, Answer answer, long now) {
    health.over(live, answer.getOutcome(), now);
    if (answer.getServedBy() == ServedBy.WORKER && answer.getAnsweredBy().isEmpty()) {
      cache.put(
          live.origin(answer.getTargetVersion()),
          targets.target(live.leader().getTarget()),
          answer,
          now);
    }
    answer(live, live.leader(), answer, now);
    if (Sequences.id(live.leader()) != null) {
      LiveFlight next = flights.next(live);
      if (next != null) {
        turns.add(next);
      }
      return;
    }
    for (Request waiter : List.copyOf(live.waiters.values())) {
      answer(live, waiter, Answers.shared(answer, waiter, now), now);
      flights.dropWaiter(live, waiter);
    }
    if (flights.has(live)) {
      flights.remove(live);
    }
  }

  /** The next flight of a request whose turn in its sequence has come; null: none. */
  @Nullable LiveFlight turn() {
    return turns.poll();
  }

  /** An answer that an earlier run gave stands. */
  private void answer(LiveFlight live, Request request, Answer answer, long now) {
    if (live.flight.getChunks() > 0) {
      Answers.endsStream(answer, live.flight.getChunks());
    }
    Answer before = live.restored ? journal.answer(request.getOperationId(), now) : null;
    answer(request, before == null ? answer : before, now);
  }
}
