package io.millrace.benchmarks.drill;

import io.millrace.benchmarks.client.Connection;
import io.millrace.benchmarks.process.PlatformProcess;
import io.millrace.benchmarks.process.WorkDirectory;
import io.millrace.benchmarks.process.WorkerProcess;
import io.millrace.benchmarks.requests.BenchmarkModels;
import io.millrace.platform.cli.CommandException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.function.Consumer;

/**
 * Keeps requests to two models in flight while one of two inference workers after the other is
 * killed and replaced; then holds every answer in the log against what the model gives by itself.
 */
public final class InferenceKill {
  private static final int KILLS = 5;
  private static final int WORKERS = 2;
  private static final int WAIT_MILLIS = 1;
  private static final List<String> PLATFORM_JVM = List.of("-XX:+UseSerialGC", "-Xmx1g");
  private static final List<String> WORKER_JVM = List.of("-XX:+UseSerialGC", "-Xmx512m");

  private final Consumer<String> progress;
  private final List<WorkerProcess> workers = new ArrayList<>();
  private final List<Long> kills = new ArrayList<>();
  private int started;

  /**
   * @param progress gets a line at each step
   */
  public InferenceKill(Consumer<String> progress) {
    this.progress = progress;
  }

  /**
   * Runs it.
   *
   * @param calls how many requests are sent, to both models in turns
   * @param inFlight how many are kept in flight
   * @throws CommandException if a process does not come back
   */
  public InferenceKillReport run(int calls, int inFlight) {
    try (WorkDirectory work = WorkDirectory.create("drill")) {
      Path repository = work.path().resolve("models");
      List<BenchmarkModels.Model> models = BenchmarkModels.write(repository, Set.of("tiny", "lm"));
      progress.accept("starting the processes in " + work.path());
      try (PlatformProcess platform =
          PlatformProcess.start(
              new PlatformProcess.Options(work.path(), "operations", PLATFORM_JVM, false))) {
        BenchmarkModels.declare(platform.connection(), repository);
        for (int i = 0; i < WORKERS; i++) {
          workers.add(start(platform.connection(), work.path()));
        }
        try (InferenceDriver driver = new InferenceDriver(platform.connection(), models)) {
          driver.awaitReady();
          InferenceKillReport report =
              run(driver, platform.connection(), work.path(), calls, inFlight);
          if (report.violations().isEmpty()) {
            work.done();
          }
          return report;
        }
      } finally {
        workers.forEach(WorkerProcess::close);
      }
    } catch (IOException e) {
      throw new UncheckedIOException("the models cannot be written: " + e, e);
    }
  }

  private InferenceKillReport run(
      InferenceDriver driver, Connection connection, Path directory, int calls, int inFlight) {
    CompletableFuture<Void> faults =
        CompletableFuture.runAsync(() -> disturb(driver, connection, directory, calls));
    driver.run(calls, inFlight, faults::isCompletedExceptionally);
    try {
      faults.join();
    } catch (CompletionException e) {
      throw e.getCause() instanceof RuntimeException cause ? cause : e;
    }
    progress.accept("%d requests are answered; reading the log".formatted(driver.answered()));
    driver.readOn();
    return InferenceKillReport.of(driver.requests(), kills);
  }

  private WorkerProcess start(Connection connection, Path directory) {
    return WorkerProcess.startModels(
        "worker-" + ++started, connection, directory, WORKER_JVM, Map.of());
  }

  private void disturb(InferenceDriver driver, Connection connection, Path directory, int calls) {
    for (int step = 1; step <= KILLS; step++) {
      int at = (int) ((long) calls * step / (KILLS + 1));
      while (driver.answered() < at && !driver.over()) {
        pause();
      }
      int hit = step % WORKERS;
      workers.get(hit).jvm().kill(() -> kills.add(System.currentTimeMillis()));
      workers.set(hit, start(connection, directory));
      progress.accept("killed after %d answers; it is back".formatted(driver.answered()));
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
