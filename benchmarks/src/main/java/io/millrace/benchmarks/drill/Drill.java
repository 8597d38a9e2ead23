package io.millrace.benchmarks.drill;

import io.millrace.benchmarks.process.WorkDirectory;
import io.millrace.platform.cli.CommandException;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.stream.Collectors;

/**
 * Keeps calls in flight while processes are killed at even steps of the run, each at a moment at
 * which a non-idempotent task is seen to run; then reads the whole log and judges it.
 */
public final class Drill {
  private static final int KILLS = 5;
  private static final int RESTARTS = 3;
  private static final int WAIT_MILLIS = 1;
  private static final int LONG_TASK_MILLIS = 40;
  private static final int STORIES = 5;

  private final Kind kind;
  private final Consumer<String> progress;

  /** What is killed. */
  public enum Kind {
    /** Workers. */
    WORKER_KILL,
    /** The platform, broker included. */
    PLATFORM_KILL,
    /** The application operations; and the platform is restarted in order. */
    RESTART;

    Scenario start(Machinery machinery) {
      return switch (this) {
        case WORKER_KILL -> new WorkerKill(machinery);
        case PLATFORM_KILL -> new PlatformKill(machinery);
        case RESTART -> new Restart(machinery);
      };
    }
  }

  /**
   * @param progress gets a line at each step
   */
  public Drill(Kind kind, Consumer<String> progress) {
    this.kind = kind;
    this.progress = progress;
  }

  /**
   * Runs it.
   *
   * @param calls how many are sent
   * @param inFlight how many are kept in flight
   * @throws CommandException if a process does not come back
   */
  public DrillReport run(int calls, int inFlight) {
    try (WorkDirectory work = WorkDirectory.create("drill")) {
      Effects effects = new Effects(work);
      progress.accept("starting the processes in " + work.path());
      try (Scenario processes = kind.start(new Machinery(work, effects));
          CallDriver driver = new CallDriver(processes.connection())) {
        List<Kill> kills = new ArrayList<>();
        List<Long> restarts = new ArrayList<>();
        AtomicBoolean over = new AtomicBoolean();
        CompletableFuture<Void> faults =
            CompletableFuture.runAsync(
                () -> disturb(processes, driver, effects, calls, kills, restarts, over::get));
        driver.run(calls, inFlight, faults::isCompletedExceptionally);
        over.set(true);
        join(faults);
        progress.accept("%d calls are answered; reading the log".formatted(driver.answered()));
        LogReader log = new LogReader(processes.connection());
        Claims claims = log.claims();
        Evidence evidence =
            new Evidence(
                driver.calls(),
                driver.answeredAt(),
                log.answers(),
                effects.counts(),
                kills,
                restarts,
                kills.stream().map(claims::runningAt).toList(),
                (int)
                    kills.stream()
                        .flatMap(kill -> claims.claimedAt(kill).stream())
                        .distinct()
                        .count());
        tell(evidence, log);
        DrillReport report = DrillReport.of(evidence);
        if (report.violations().isEmpty()) {
          work.done();
        }
        return report;
      }
    }
  }

  /** What became of those that took long, so that it can be looked into. */
  private void tell(Evidence evidence, LogReader log) {
    Set<String> late = DrillReport.late(evidence);
    if (!late.isEmpty()) {
      progress.accept(
          "%d calls were answered late after a kill (kills at %s)"
              .formatted(late.size(), evidence.kills().stream().map(Kill::at).toList()));
      log.stories(late.stream().limit(STORIES).collect(Collectors.toSet())).stream()
          .sorted()
          .forEach(progress);
    }
  }

  private static void join(CompletableFuture<Void> faults) {
    try {
      faults.join();
    } catch (CompletionException e) {
      throw e.getCause() instanceof RuntimeException cause ? cause : e;
    }
  }

  private void disturb(
      Scenario processes,
      CallDriver driver,
      Effects effects,
      int calls,
      List<Kill> kills,
      List<Long> restarts,
      BooleanSupplier over) {
    int steps = KILLS + RESTARTS + 1;
    for (int step = 1; step < steps; step++) {
      int at = (int) ((long) calls * step / steps);
      while (driver.answered() < at && !over.getAsBoolean()) {
        pause();
      }
      // Kills and restarts take turns, the kills first, as long as there are restarts to do.
      boolean restart = step % 2 == 0 && step / 2 <= RESTARTS;
      if (restart) {
        if (processes.restart(() -> restarts.add(System.currentTimeMillis()))) {
          progress.accept("restarted in order after %d answers".formatted(driver.answered()));
        }
      } else {
        kill(processes, driver, effects, kills, over);
        progress.accept("killed after %d answers; it is back".formatted(driver.answered()));
      }
    }
  }

  /**
   * Waits until lines are appended by tasks that take long enough to be still running, and kills at
   * once. Whether they were running is told by the log afterwards.
   */
  private static void kill(
      Scenario processes,
      CallDriver driver,
      Effects effects,
      List<Kill> kills,
      BooleanSupplier over) {
    processes.workers().forEach(effects::fresh);
    while (!over.getAsBoolean()) {
      pause();
      for (String worker : processes.workers()) {
        List<String> begun = effects.fresh(worker);
        if (begun.stream().anyMatch(id -> driver.taskMillis(id) >= LONG_TASK_MILLIS)) {
          processes.kill(
              worker,
              hit -> kills.add(new Kill(System.currentTimeMillis(), hit, Set.copyOf(begun))));
          return;
        }
      }
    }
  }

  private static void pause() {
    try {
      Thread.sleep(WAIT_MILLIS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw CommandException.failed("interrupted");
    }
  }
}
