package io.millrace.benchmarks.metastable;

import io.millrace.events.Attempt;
import io.millrace.events.AttemptPhase;
import io.millrace.events.Control;
import io.millrace.events.ControlType;
import io.millrace.events.Outcome;
import io.millrace.events.Task;
import io.millrace.worker.limit.ConcurrencyLimiter;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

/** Takes tasks in order, as many at once as its limit allows, and has the backend run them. */
final class VirtualWorker {
  private static final int SLOTS = 2_000;
  private static final int LIMIT_AT_START = 100;
  private static final long HOP_MILLIS = 1;
  private static final long BEAT_MILLIS = 1_000;

  private final Agenda agenda;
  private final Backend backend;
  private final Consumer<Attempt> attempts;
  private final boolean limited;
  private final ConcurrencyLimiter limiter = new ConcurrencyLimiter(LIMIT_AT_START);
  private final Deque<Task> waiting = new ArrayDeque<>();
  private final Map<String, Run> running = new HashMap<>();
  private final long start;
  private int limit;

  private static final class Run {
    private final Task task;
    private final long since;

    Run(Task task, long since) {
      this.task = task;
      this.since = since;
    }
  }

  /**
   * @param start of virtual time, milliseconds since the epoch
   */
  VirtualWorker(
      Agenda agenda, Backend backend, boolean limited, long start, Consumer<Attempt> attempts) {
    this.agenda = agenda;
    this.backend = backend;
    this.limited = limited;
    this.start = start;
    this.attempts = attempts;
    this.limit = limited ? LIMIT_AT_START : SLOTS;
  }

  void take(Task task) {
    agenda.after(
        HOP_MILLIS,
        () -> {
          waiting.add(task);
          begin();
        });
  }

  void control(Control control) {
    if (control.getType() != ControlType.CANCEL) {
      return;
    }
    waiting.removeIf(task -> meant(control, task));
    for (Run run : List.copyOf(running.values())) {
      if (meant(control, run.task)) {
        running.remove(run.task.getId());
        boolean late = start + agenda.now() >= run.task.getDeadlineAt().toEpochMilli();
        if (late) {
          count(run, true);
        }
      }
    }
    begin();
  }

  private static boolean meant(Control control, Task task) {
    return task.getOperationId().equals(control.getOperationId())
        && (control.getTaskId().isEmpty() || control.getTaskId().equals(task.getId()));
  }

  private void begin() {
    while (running.size() < limit && !waiting.isEmpty()) {
      Task task = waiting.remove();
      long remaining = task.getDeadlineAt().toEpochMilli() - start - agenda.now();
      if (remaining < 0
          || (limited && !limiter.canEnd(task.getTarget(), (double) remaining, nanos()))) {
        say(task, AttemptPhase.DONE, Outcome.DEADLINE_EXCEEDED, 0);
      } else if (!running.containsKey(task.getId())) {
        begin(task);
      }
    }
  }

  private void begin(Task task) {
    Run run = new Run(task, agenda.now());
    running.put(task.getId(), run);
    if (backend.accept(() -> end(run, Outcome.OK))) {
      agenda.after(task.getTimeoutMs(), () -> end(run, Outcome.TIMEOUT));
      agenda.after(BEAT_MILLIS, () -> beat(run));
    } else {
      end(run, Outcome.TOOL_ERROR);
    }
  }

  private void beat(Run run) {
    if (running.get(run.task.getId()) == run) {
      say(run.task, AttemptPhase.RUNNING, Outcome.UNKNOWN, 0);
      agenda.after(BEAT_MILLIS, () -> beat(run));
    }
  }

  private void end(Run run, Outcome outcome) {
    if (running.remove(run.task.getId(), run)) {
      count(run, outcome != Outcome.OK);
      say(run.task, AttemptPhase.DONE, outcome, agenda.now() - run.since);
      begin();
    }
  }

  private void count(Run run, boolean overloaded) {
    if (limited) {
      limit =
          limiter.ended(
              run.task.getTarget(),
              (double) (agenda.now() - run.since),
              overloaded,
              running.size() + 1,
              1,
              SLOTS,
              nanos());
    }
  }

  private long nanos() {
    return agenda.now() * 1_000_000;
  }

  private void say(Task task, AttemptPhase phase, Outcome outcome, long runMillis) {
    Attempt attempt =
        Attempt.newBuilder()
            .setId("")
            .setPhase(phase)
            .setOperationId(task.getOperationId())
            .setTaskId(task.getId())
            .setFingerprint(task.getFingerprint())
            .setAttempt(task.getAttempt())
            .setSequence(task.getSequence())
            .setTarget(task.getTarget())
            .setTargetVersion(task.getTargetVersion())
            .setPool("default")
            .setWorkerId("w1")
            .setOutcome(outcome)
            .setRetryable(true)
            .setRunMs((double) runMillis)
            .setOutput(outcome == Outcome.OK ? "1" : null)
            .build();
    agenda.after(HOP_MILLIS, () -> attempts.accept(attempt));
  }
}
