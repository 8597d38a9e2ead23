package io.millrace.worker.runtime;

import java.time.Duration;

/**
 * The states of one task on a worker and what is to be done at each event: pure logic, no I/O.
 *
 * <p>WAITING (for its target's declaration) → where a claim is required: CLAIMED (for the grant) →
 * GRANTED (until the log holds that it begins) → RUNNING → ENDED. Of the events that compete to end
 * a task exactly one wins, whatever thread it comes on. A task that requires a claim reaches
 * RUNNING only through a grant of its own claim id and only once the log holds its first beat, all
 * by the deadline and within {@link #LEASE_NANOS} of the claim: dispatch releases a claim that it
 * hears no beat of, but never as early as that.
 *
 * <p>Times are nanoseconds on one monotonic clock.
 */
final class TaskLifecycle {

  /** What the caller has to do. */
  enum Step {
    /** Nothing. */
    NONE,
    /** Write the claim. */
    CLAIM,
    /** Write that it begins; once that is acknowledged, call {@link #announced}. */
    ANNOUNCE,
    /** Run it. */
    RUN,
    /** Say that it still runs. */
    BEAT,
    /** Its target is overdue: call {@link #resolved} with what there is, or {@link #fail}. */
    TARGET_OVERDUE,
    /** Ended, never ran: report that the deadline passed. */
    REPORT_DEADLINE,
    /** Ended, never ran: report that it was cancelled. */
    REPORT_CANCELLED,
    /** Ended while it ran: call the run off, report that it was cancelled. */
    CANCEL_RUN,
    /** Ended while it ran: call the run off, report that it took too long. */
    TIME_OUT,
    /** Ended, never ran: give the claim back, others may run it. */
    RELEASE,
    /** Ended, never ran, and nobody waits to hear it. */
    GIVE_UP
  }

  private enum State {
    WAITING,
    CLAIMED,
    GRANTED,
    RUNNING,
    ENDED
  }

  private static final long NEVER = Long.MAX_VALUE;

  /** How long a run lasts before its first beat, and from beat to beat. */
  static final long BEAT_NANOS = Duration.ofSeconds(1).toNanos();

  /**
   * How long after its claim a task may begin. Dispatch lets a claim stand without a beat for at
   * least 2.5 s ({@code dispatch.worker.silence.ms}) from when it read it.
   */
  static final long LEASE_NANOS = Duration.ofSeconds(2).toNanos();

  /**
   * How long after the deadline a claim is kept. A grant that arrives then does not start the task
   * but is answered, which spares the caller an unknown outcome.
   */
  static final long LATE_GRANT_NANOS = Duration.ofSeconds(1).toNanos();

  private final String claimId;
  private final long deadline;
  private final long targetWaitEnds;
  private final long timeoutNanos;

  private State state = State.WAITING;
  private long leaseEnds = NEVER;
  private long runEnds = NEVER;
  private long nextBeat = NEVER;

  /**
   * A task that has arrived.
   *
   * @param claimId the claim to be granted before it runs; empty where none is required
   * @param deadline last moment at which it may begin
   * @param targetWaitEnds how long its target's declaration is waited for
   * @param timeoutNanos longest time it may run, more than 0
   */
  TaskLifecycle(String claimId, long deadline, long targetWaitEnds, long timeoutNanos) {
    this.claimId = claimId;
    this.deadline = deadline;
    this.targetWaitEnds = targetWaitEnds;
    this.timeoutNanos = timeoutNanos;
  }

  /** The claim to be granted before it runs; empty where none is required. */
  String claimId() {
    return claimId;
  }

  /** The target's declaration is there. CLAIM, RUN, REPORT_DEADLINE or NONE. */
  synchronized Step resolved(long now) {
    if (state != State.WAITING) {
      return Step.NONE;
    }
    if (now > deadline) {
      state = State.ENDED;
      return Step.REPORT_DEADLINE;
    }
    if (claimId.isEmpty()) {
      return run(now);
    }
    state = State.CLAIMED;
    leaseEnds = plus(now, LEASE_NANOS);
    return Step.CLAIM;
  }

  /**
   * A claim was granted. ANNOUNCE, RELEASE, REPORT_DEADLINE or, if it is not the claim waited for,
   * NONE.
   */
  synchronized Step granted(String grantedClaimId, long now) {
    if (state != State.CLAIMED || !claimId.equals(grantedClaimId)) {
      return Step.NONE;
    }
    if (beginsTooLate(now)) {
      return tooLate(now);
    }
    state = State.GRANTED;
    return Step.ANNOUNCE;
  }

  /** The log holds that it begins. RUN, RELEASE, REPORT_DEADLINE or NONE. */
  synchronized Step announced(long now) {
    if (state != State.GRANTED) {
      return Step.NONE;
    }
    return beginsTooLate(now) ? tooLate(now) : run(now);
  }

  /** Whether the log holds that it begins cannot be told. RELEASE or NONE. */
  synchronized Step announcementFailed() {
    if (state != State.GRANTED) {
      return Step.NONE;
    }
    state = State.ENDED;
    return Step.RELEASE;
  }

  private boolean beginsTooLate(long now) {
    return now > deadline || now > leaseEnds;
  }

  private Step tooLate(long now) {
    state = State.ENDED;
    return now > deadline ? Step.REPORT_DEADLINE : Step.RELEASE;
  }

  /**
   * The task is cancelled, or its claim refused.
   *
   * @param cancelledClaimId the claim that is meant; empty: any
   * @return CANCEL_RUN, REPORT_CANCELLED, GIVE_UP or NONE
   */
  synchronized Step cancelled(String cancelledClaimId) {
    if (!cancelledClaimId.isEmpty() && !cancelledClaimId.equals(claimId)) {
      return Step.NONE;
    }
    State before = state;
    state = State.ENDED;
    return switch (before) {
      case WAITING -> Step.REPORT_CANCELLED;
      case CLAIMED, GRANTED -> Step.GIVE_UP;
      case RUNNING -> Step.CANCEL_RUN;
      case ENDED -> Step.NONE;
    };
  }

  /** Time has passed. TARGET_OVERDUE, REPORT_DEADLINE, GIVE_UP, TIME_OUT, BEAT or NONE. */
  synchronized Step tick(long now) {
    switch (state) {
      case WAITING -> {
        if (now > deadline) {
          state = State.ENDED;
          return Step.REPORT_DEADLINE;
        }
        return now >= targetWaitEnds ? Step.TARGET_OVERDUE : Step.NONE;
      }
      case CLAIMED, GRANTED -> {
        if (now > plus(deadline, LATE_GRANT_NANOS)) {
          state = State.ENDED;
          return Step.GIVE_UP;
        }
        return Step.NONE;
      }
      case RUNNING -> {
        if (now >= runEnds) {
          state = State.ENDED;
          return Step.TIME_OUT;
        }
        if (now >= nextBeat) {
          nextBeat = now + BEAT_NANOS;
          return Step.BEAT;
        }
        return Step.NONE;
      }
      default -> {
        return Step.NONE;
      }
    }
  }

  /** The runner ended. True: report what it says; false: something else has ended the task. */
  synchronized boolean finish() {
    if (state != State.RUNNING) {
      return false;
    }
    state = State.ENDED;
    return true;
  }

  /** The task cannot be run. True: report it; false: something else has ended the task. */
  synchronized boolean fail() {
    if (state == State.ENDED) {
      return false;
    }
    state = State.ENDED;
    return true;
  }

  /** True while it waits for its target's declaration. */
  synchronized boolean waiting() {
    return state == State.WAITING;
  }

  /** True while the runner has it. */
  synchronized boolean running() {
    return state == State.RUNNING;
  }

  /** True from its claim until it runs. */
  synchronized boolean claimed() {
    return state == State.CLAIMED || state == State.GRANTED;
  }

  /** When {@link #tick} next has something to do; {@link Long#MAX_VALUE} once it has ended. */
  synchronized long due() {
    return switch (state) {
      case WAITING -> Math.min(targetWaitEnds, plus(deadline, 1));
      case CLAIMED, GRANTED -> plus(deadline, LATE_GRANT_NANOS + 1);
      case RUNNING -> Math.min(runEnds, nextBeat);
      case ENDED -> NEVER;
    };
  }

  private Step run(long now) {
    state = State.RUNNING;
    runEnds = plus(now, timeoutNanos);
    nextBeat = now + BEAT_NANOS;
    return Step.RUN;
  }

  /** A sum that stays at {@link #NEVER} where it would overflow. */
  private static long plus(long time, long nanos) {
    long sum = time + nanos;
    return sum < time ? NEVER : sum;
  }
}
