package io.millrace.worker.runtime;

import io.millrace.events.TargetSpec;
import io.millrace.events.Task;
import java.time.Duration;

/** Turns the wall-clock deadline and the timeout of a task into times on the worker's own clock. */
final class TaskTimes {

  private static final long TIMEOUT_DEFAULT_MS = 30_000;

  /** How long a claim without a deadline is kept: as long as controls are. */
  private static final long CLAIM_WAIT_MS = Duration.ofMinutes(10).toMillis();

  /** Longer than any task; keeps sums from overflowing. */
  private static final Duration LONGEST = Duration.ofDays(365);

  private final TargetTable targets;
  private final long targetWaitNanos;

  TaskTimes(TargetTable targets, Duration targetWait) {
    this.targets = targets;
    this.targetWaitNanos = targetWait.toNanos();
  }

  /**
   * The lifecycle of a task that arrives now.
   *
   * @param claimId empty where no claim is required
   * @param now nanoseconds on the worker's clock
   * @param epochMillis the same moment on the wall clock
   */
  TaskLifecycle lifecycle(Task task, String claimId, long now, long epochMillis) {
    long deadlineAt = task.getDeadlineAt().toEpochMilli();
    long untilDeadline = claimId.isEmpty() ? Long.MAX_VALUE : CLAIM_WAIT_MS;
    if (deadlineAt > 0) {
      untilDeadline = deadlineAt - epochMillis;
    }
    return new TaskLifecycle(
        claimId, now + nanos(untilDeadline), now + targetWaitNanos, timeoutNanos(task));
  }

  /** Longest time a task may run: its own, else its target's, else 30 s. */
  long timeoutNanos(Task task) {
    long timeoutMs = task.getTimeoutMs();
    if (timeoutMs <= 0) {
      TargetSpec target = targets.get(task.getTarget());
      timeoutMs = target == null ? TIMEOUT_DEFAULT_MS : target.getTimeoutMs();
    }
    return nanos(timeoutMs <= 0 ? TIMEOUT_DEFAULT_MS : timeoutMs);
  }

  private static long nanos(long millis) {
    long longest = LONGEST.toMillis();
    return Math.max(-longest, Math.min(longest, millis)) * 1_000_000;
  }
}
