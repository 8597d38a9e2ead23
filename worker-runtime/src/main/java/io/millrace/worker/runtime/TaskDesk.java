package io.millrace.worker.runtime;

import io.millrace.events.ConcurrencyLimit;
import io.millrace.events.Control;
import io.millrace.events.ControlType;
import io.millrace.events.InferenceRun;
import io.millrace.events.Outcome;
import io.millrace.events.TargetSpec;
import io.millrace.events.Task;
import io.millrace.schemas.log.RecordReader;
import io.millrace.schemas.log.RecordReader.Read;
import io.millrace.worker.runtime.TaskLifecycle.Step;
import io.millrace.worker.task.RunResult;
import io.millrace.worker.task.TaskContext;
import io.millrace.worker.task.TaskRunner;
import io.millrace.worker.task.Together;
import java.time.Duration;
import java.time.Instant;
import java.util.Objects;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.Executor;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.jspecify.annotations.Nullable;

/**
 * Holds the tasks in hand and takes each from its arrival to its end, as {@link TaskLifecycle}
 * says.
 *
 * <p>Safe for use by the threads that bring tasks, controls, targets, time and ends of runs.
 */
final class TaskDesk {

  private static final int IDLE_SECONDS = 10;
  private static final int CANCELS_REMEMBERED = 10_000;

  private final TaskRunner runner;
  private final TargetTable targets;
  private final RecordReader<Task> reader;
  private final WorkerLog log;
  private final WorkerMetrics metrics;
  private final WorkerClock clock;
  private final TaskTimes times;
  private final ConcurrentMap<String, TaskRun> inHand = new ConcurrentHashMap<>();
  private final ConcurrentMap<String, PoolCounts> countsByPool = new ConcurrentHashMap<>();
  private final RecentCancels cancels = new RecentCancels(CANCELS_REMEMBERED);
  private final Ends ends = new Ends();
  private final Executor starts = starts();
  private volatile Waker waker = due -> {};
  private volatile int homePartitions = Integer.MAX_VALUE;

  /** Is told when the desk wants its {@link #tick} called. */
  interface Waker {
    void at(long dueNanos);
  }

  TaskDesk(
      TaskRunner runner,
      TargetTable targets,
      RecordReader<Task> reader,
      WorkerLog log,
      WorkerMetrics metrics,
      WorkerClock clock,
      Duration targetWait) {
    this.runner = runner;
    this.targets = targets;
    this.reader = reader;
    this.log = log;
    this.metrics = metrics;
    this.clock = clock;
    this.times = new TaskTimes(targets, targetWait);
  }

  /** One thread, for a while after each start; what waits for it is no more than the slots. */
  private static Executor starts() {
    ThreadPoolExecutor executor =
        new ThreadPoolExecutor(
            1,
            1,
            IDLE_SECONDS,
            TimeUnit.SECONDS,
            new LinkedBlockingQueue<>(),
            work -> {
              Thread thread = new Thread(work, "worker-starts");
              thread.setDaemon(true);
              return thread;
            });
    executor.allowCoreThreadTimeOut(true);
    return executor;
  }

  /** Called once before the first task. */
  void open(Waker newWaker, int newHomePartitions) {
    waker = newWaker;
    homePartitions = newHomePartitions;
  }

  /** A record of a pool's tasks; returns when it is started, waits for something or has ended. */
  void arrived(ConsumerRecord<byte[], byte[]> source, String pool, Slots slots) {
    Read<Task> read = reader.read(source.topic(), source.value());
    Task task = read.record();
    if (read.undecodable() != null) {
      reject(source, read.undecodable().reason(), read.undecodable().message(), null);
    } else if (task == null) {
      reject(source, "TASK_EMPTY", "A task needs a value; this record has none", null);
    } else if (task.getHomePartition() < 0 || task.getHomePartition() >= homePartitions) {
      reject(
          source,
          "HOME_PARTITION_INVALID",
          "home_partition is %d but the attempts have partitions 0 to %d"
              .formatted(task.getHomePartition(), homePartitions - 1),
          task);
    } else {
      begin(source, task, pool, slots);
    }
  }

  private void begin(ConsumerRecord<byte[], byte[]> source, Task task, String pool, Slots slots) {
    long now = clock.nanos();
    long epochMillis = clock.epochMillis();
    long sentAt = task.getOccurredAt().toEpochMilli();
    TaskRun run =
        new TaskRun(
            task,
            pool,
            slots,
            source.value().length,
            times.lifecycle(task, task.getClaimRequired() ? log.id() : "", now, epochMillis),
            Math.max(0, epochMillis - (sentAt > 0 ? sentAt : source.timestamp())),
            now);
    if (inHand.putIfAbsent(task.getId(), run) != null) {
      metrics.repeated();
      return;
    }
    slots.take(run.bytes);
    counts(pool).begun(run.queueMs);
    if (cancels.covers(task.getOperationId(), task.getId())) {
      step(run, run.lifecycle.cancelled(""), now);
      return;
    }
    TargetSpec target = targets.get(task.getTarget());
    if (target != null && target.getVersion().equals(task.getTargetVersion())) {
      run.target = target;
      if (canEnd(run, target, now, epochMillis)) {
        step(run, run.lifecycle.resolved(now), now);
      } else if (run.lifecycle.fail()) {
        end(run, ends.tooLittleTime(task), Outcome.DEADLINE_EXCEEDED, 0);
      }
    } else {
      waker.at(run.lifecycle.due());
      // It may have been declared since the look.
      targetDeclared(task.getTarget());
    }
  }

  /** Where the target's runs are limited, what cannot end in time is not begun. */
  private static boolean canEnd(TaskRun run, TargetSpec target, long now, long epochMillis) {
    long deadlineAt = run.task.getDeadlineAt().toEpochMilli();
    return target.getConcurrencyLimit() == null
        || deadlineAt <= 0
        || run.slots.limiter().canEnd(target.getTarget(), (double) (deadlineAt - epochMillis), now);
  }

  /** Where the target's runs are limited, a run that has ended moves the limit. */
  private void learn(TaskRun run, boolean overloaded, long runNanos) {
    // As it is declared now: it may be limited no more since the run began.
    TargetSpec target = run.target == null ? null : targets.get(run.task.getTarget());
    ConcurrencyLimit policy = target == null ? null : target.getConcurrencyLimit();
    if (target == null || policy == null || runNanos == 0) {
      return;
    }
    run.slots.adapt(
        run.slots
            .limiter()
            .ended(
                target.getTarget(),
                runNanos / 1e6,
                overloaded,
                run.slots.taken(),
                policy.getMin(),
                policy.getMax(),
                clock.nanos()));
  }

  /** Dispatch's word; most are for other workers. */
  void control(Control control) {
    if (control.getType() == ControlType.CANCEL && control.getClaimId().isEmpty()) {
      cancels.add(control.getOperationId(), control.getTaskId());
    }
    if (control.getTaskId().isEmpty()) {
      for (TaskRun run : inHand.values()) {
        control(control, run);
      }
    } else {
      TaskRun run = inHand.get(control.getTaskId());
      if (run != null) {
        control(control, run);
      }
    }
  }

  private void control(Control control, TaskRun run) {
    if (!run.task.getOperationId().equals(control.getOperationId())) {
      return;
    }
    long now = clock.nanos();
    if (control.getType() == ControlType.GRANT) {
      Step step = run.lifecycle.granted(control.getClaimId(), now);
      if (step != Step.NONE) {
        metrics.granted(now - run.sinceNanos);
      }
      step(run, step, now);
    } else if (control.getType() == ControlType.CANCEL) {
      step(run, run.lifecycle.cancelled(control.getClaimId()), now);
    }
  }

  /** A target was declared anew: starts what waits for it in that version. */
  void targetDeclared(String name) {
    TargetSpec target = targets.get(name);
    if (target == null) {
      return;
    }
    for (TaskRun run : inHand.values()) {
      if (run.lifecycle.waiting()
          && run.task.getTarget().equals(name)
          && run.task.getTargetVersion().equals(target.getVersion())) {
        run.target = target;
        long now = clock.nanos();
        step(run, run.lifecycle.resolved(now), now);
      }
    }
  }

  /** Does what is due; returns when something is due next, nanoseconds on the worker's clock. */
  long tick(long now) {
    long due = Long.MAX_VALUE;
    for (TaskRun run : inHand.values()) {
      step(run, run.lifecycle.tick(now), now);
      due = Math.min(due, run.lifecycle.due());
    }
    return due;
  }

  /** Calls off all that is in hand: the worker stops and cannot wait any longer. */
  void stop() {
    for (TaskRun run : inHand.values()) {
      boolean claimed = run.lifecycle.claimed();
      boolean waiting = run.lifecycle.waiting();
      if (!run.lifecycle.fail()) {
        continue;
      }
      run.cancellation.cancel();
      if (claimed) {
        log.release(run);
        dismiss(run);
      } else if (waiting || run.lifecycle.claimId().isEmpty()) {
        end(run, ends.workerStopped(), Outcome.TOOL_ERROR, runNanos(run, clock.nanos()));
      } else {
        end(run, ends.calledOff(), Outcome.OUTCOME_UNKNOWN, runNanos(run, clock.nanos()));
      }
    }
  }

  /** How many tasks are in hand. */
  int inHand() {
    return inHand.size();
  }

  /** What was done for a pool here. */
  PoolCounts counts(String pool) {
    return countsByPool.computeIfAbsent(pool, name -> new PoolCounts());
  }

  private void step(TaskRun run, Step step, long now) {
    switch (step) {
      case NONE -> {}
      case CLAIM -> {
        run.sinceNanos = now;
        waker.at(run.lifecycle.due());
        log.claim(run);
      }
      // Not on the producer's own thread, which a runner or a full buffer would hold up.
      case ANNOUNCE -> log.begins(run, inLog -> starts.execute(() -> announced(run, inLog)));
      case RUN -> run(run, now);
      case BEAT -> {
        log.running(run, now - run.sinceNanos);
        metrics.beat();
      }
      case TARGET_OVERDUE -> targetOverdue(run, now);
      case REPORT_DEADLINE -> end(run, ends.deadline(run.task), Outcome.DEADLINE_EXCEEDED, 0);
      case REPORT_CANCELLED -> end(run, ends.cancelled(), Outcome.CANCELLED, 0);
      case CANCEL_RUN -> {
        run.cancellation.cancel();
        long deadlineAt = run.task.getDeadlineAt().toEpochMilli();
        if (deadlineAt > 0 && clock.epochMillis() >= deadlineAt) {
          learn(run, true, runNanos(run, now));
        }
        end(run, ends.cancelled(), Outcome.CANCELLED, runNanos(run, now));
      }
      case TIME_OUT -> {
        run.cancellation.cancel();
        learn(run, true, runNanos(run, now));
        end(run, ends.timeout(run.task), Outcome.TIMEOUT, runNanos(run, now));
      }
      case RELEASE -> {
        log.release(run);
        metrics.abandoned();
        dismiss(run);
      }
      case GIVE_UP -> {
        metrics.abandoned();
        dismiss(run);
      }
    }
  }

  private void announced(TaskRun run, boolean inLog) {
    long now = clock.nanos();
    step(run, inLog ? run.lifecycle.announced(now) : run.lifecycle.announcementFailed(), now);
  }

  /** Another version is run rather than none; the attempt says which one it was. */
  private void targetOverdue(TaskRun run, long now) {
    TargetSpec target = targets.get(run.task.getTarget());
    if (target != null) {
      run.target = target;
      step(run, run.lifecycle.resolved(now), now);
    } else if (run.lifecycle.fail()) {
      end(run, ends.targetUnknown(run.task), Outcome.TOOL_ERROR, 0);
    }
  }

  private void run(TaskRun run, long now) {
    run.sinceNanos = now;
    waker.at(run.lifecycle.due());
    TargetSpec target = run.target;
    if (target == null) {
      throw new IllegalStateException("A task is run only once its target is known");
    }
    Instant deadline =
        Instant.ofEpochMilli(clock.epochMillis() + times.timeoutNanos(run.task) / 1_000_000);
    CompletionStage<RunResult> stage;
    try {
      stage =
          Objects.requireNonNull(
              runner.run(
                  new TaskContext(
                      run.task, target, run.cancellation, deadline, chunk -> chunk(run, chunk))),
              "the runner gave nothing to wait for");
    } catch (Throwable e) { // whatever a runner throws is its failure, not the worker's
      ended(run, null, e);
      return;
    }
    stage.whenComplete((result, failure) -> ended(run, result, failure));
  }

  private void chunk(TaskRun run, InferenceRun chunk) {
    if (run.lifecycle.running()) {
      log.chunk(run, chunk, runNanos(run, clock.nanos()));
    }
  }

  private void ended(TaskRun run, @Nullable RunResult result, @Nullable Throwable failure) {
    if (run.lifecycle.finish()) {
      RunResult checked = failure == null ? ends.checked(result) : ends.thrown(failure);
      long runNanos = runNanos(run, clock.nanos());
      learn(run, checked.outcome() == Outcome.TIMEOUT, runNanos);
      end(run, checked, checked.outcome(), runNanos);
    }
  }

  private static long runNanos(TaskRun run, long now) {
    return run.sinceNanos == 0 ? 0 : Math.max(1, now - run.sinceNanos);
  }

  private void end(TaskRun run, RunResult result, Outcome outcome, long runNanos) {
    try {
      log.done(run, result, outcome, runNanos);
      metrics.ended(outcome, runNanos);
    } finally {
      // Not before its end is written: a worker that drains waits for what is in hand.
      Together.atEnd(() -> dismiss(run), 0);
    }
  }

  private void dismiss(TaskRun run) {
    inHand.remove(run.task.getId(), run);
    counts(run.pool).ended((clock.nanos() - run.takenNanos) / 1e6);
    run.slots.release(run.bytes);
  }

  private void reject(
      ConsumerRecord<byte[], byte[]> source, String reason, String message, @Nullable Task task) {
    metrics.rejected();
    log.reject(source, reason, message, task);
  }
}
