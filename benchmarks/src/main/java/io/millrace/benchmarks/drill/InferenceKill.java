package io.millrace.benchmarks.drill;

import io.millrace.benchmarks.process.PlatformProcess;
import io.millrace.benchmarks.process.WorkDirectory;
import io.millrace.benchmarks.requests.BenchmarkModels;
import io.millrace.platform.cli.CommandException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.function.Consumer;

/**
 * Keeps requests to models in flight while one of two inference workers after the other is killed
 * and replaced; then holds every answer in the log against what it must be.
 */
public final class InferenceKill {
  private static final List<String> PLATFORM_JVM = List.of("-XX:+UseSerialGC", "-Xmx1g");

  private final Consumer<String> progress;

  /**
   * @param progress gets a line at each step
   */
  public InferenceKill(Consumer<String> progress) {
    this.progress = progress;
  }

  /**
   * Asks two models without state, in turns.
   *
   * @param calls how many requests are sent
   * @param inFlight how many are kept in flight
   * @throws CommandException if a process does not come back
   */
  public InferenceKillReport run(int calls, int inFlight) {
    return run(
        repository -> new ModelQuestions(BenchmarkModels.write(repository, Set.of("tiny", "lm"))),
        calls,
        inFlight,
        false);
  }

  /**
   * Asks a model that keeps state between the requests of a sequence. Such requests are not
   * repeated: one that runs at a kill may end without anybody knowing whether it ran.
   *
   * @param calls how many requests are sent
   * @param sequences how many there are at a time, each with one request in flight
   * @throws CommandException if a process does not come back
   */
  public InferenceKillReport runSequences(int calls, int sequences) {
    return run(
        repository -> {
          SequenceQuestions.write(repository);
          return new SequenceQuestions(sequences);
        },
        calls,
        sequences,
        true);
  }

  private interface Preparation {
    Questions in(Path repository) throws IOException;
  }

  private InferenceKillReport run(
      Preparation preparation, int calls, int inFlight, boolean mayBeUnknown) {
    try (WorkDirectory work = WorkDirectory.create("drill")) {
      Path repository = work.path().resolve("models");
      Questions questions = preparation.in(repository);
      progress.accept("starting the processes in " + work.path());
      try (PlatformProcess platform =
              PlatformProcess.start(
                  new PlatformProcess.Options(work.path(), "operations", PLATFORM_JVM, false));
          ModelWorkers workers = new ModelWorkers(platform.connection(), work.path(), progress);
          InferenceDriver driver = new InferenceDriver(platform.connection(), questions)) {
        BenchmarkModels.declare(platform.connection(), repository);
        driver.awaitReady(inFlight);
        InferenceKillReport report = run(driver, workers, calls, inFlight, mayBeUnknown);
        if (report.violations().isEmpty()) {
          work.done();
        }
        return report;
      }
    } catch (IOException e) {
      throw new UncheckedIOException("the models cannot be written: " + e, e);
    }
  }

  private InferenceKillReport run(
      InferenceDriver driver, ModelWorkers workers, int calls, int inFlight, boolean mayBeUnknown) {
    CompletableFuture<Void> faults =
        CompletableFuture.runAsync(() -> workers.disturb(driver, calls));
    driver.run(calls, inFlight, faults::isCompletedExceptionally);
    try {
      faults.join();
    } catch (CompletionException e) {
      throw e.getCause() instanceof RuntimeException cause ? cause : e;
    }
    progress.accept("%d requests are answered; reading the log".formatted(driver.answered()));
    driver.readOn();
    List<Long> kills = workers.kills();
    return InferenceKillReport.of(
        driver.requests(), kills, mayBeUnknown ? inFlight * kills.size() : 0);
  }
}
