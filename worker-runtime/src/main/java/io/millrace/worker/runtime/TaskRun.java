package io.millrace.worker.runtime;

import io.millrace.events.TargetSpec;
import io.millrace.events.Task;
import io.millrace.worker.task.Cancellation;
import org.jspecify.annotations.Nullable;

/** One task in hand: its states, what it was taken from and when it began. */
final class TaskRun {

  final Task task;
  final String pool;
  final Slots slots;
  final int bytes;
  final TaskLifecycle lifecycle;
  final double queueMs;

  /** When its slot was taken, nanoseconds on the worker's clock. */
  final long takenNanos;

  final Cancellation cancellation = new Cancellation();

  /** Set before the claim or the run; read by whoever ends the task. */
  volatile @Nullable TargetSpec target;

  /** When it was claimed, then when it began, nanoseconds on the worker's clock. */
  volatile long sinceNanos;

  TaskRun(
      Task task,
      String pool,
      Slots slots,
      int bytes,
      TaskLifecycle lifecycle,
      double queueMs,
      long takenNanos) {
    this.task = task;
    this.pool = pool;
    this.slots = slots;
    this.bytes = bytes;
    this.lifecycle = lifecycle;
    this.queueMs = queueMs;
    this.takenNanos = takenNanos;
  }
}
