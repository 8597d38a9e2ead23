package io.millrace.benchmarks.plans;

import io.millrace.benchmarks.client.Declarations;
import io.millrace.benchmarks.process.PlatformProcess;
import io.millrace.benchmarks.process.WorkDirectory;
import io.millrace.benchmarks.process.WorkerProcess;
import io.millrace.platform.cli.CommandException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Consumer;

/**
 * Runs the plans of a data set one after another through a platform and a worker, each a process of
 * its own, and compares how long they take with their critical paths.
 *
 * <p>What is timed: from before the client encodes a plan until it has decoded the answer, so every
 * pass through the log is in it. What is not: starting, and a first while in which the JIT
 * compiles.
 */
public final class PlansReplay {
  private static final String TOOL = "replay-sleep";
  private static final int EQUAL_CALLS = 8;
  private static final int EQUAL_MILLIS = 250;
  private static final int EQUAL_RUNS = 20;
  private static final int WARM_UP_MILLIS = 5;
  private static final int PROGRESS_EVERY = 25;
  private static final int SLOTS = 256;

  private final Settings settings;
  private final Consumer<String> progress;

  /**
   * What is run, and on what.
   *
   * @param file plans to run
   * @param seed of the calls' times
   * @param warmUp time of plans that are not measured
   * @param platformJvm options of the platform's JVM
   * @param workerJvm options of the worker's JVM
   */
  public record Settings(
      Path file, long seed, Duration warmUp, List<String> platformJvm, List<String> workerJvm) {}

  /**
   * What was measured.
   *
   * @param makespanOverCriticalPath sum of the plans' makespans ÷ sum of their critical paths
   * @param meanFanOut calls of a plan that may run at once, mean
   * @param overheadMeanMs makespan less critical path, mean of the plans
   * @param overheadMaxMs the most of those
   * @param timed what a makespan covers
   * @param equalCalls a plan of equal calls, set against one call after another
   */
  public record Result(
      double makespanOverCriticalPath,
      int plans,
      double meanFanOut,
      int calls,
      double makespanS,
      double criticalPathS,
      double toolTimeOverMakespan,
      double overheadMeanMs,
      double overheadMaxMs,
      String timed,
      EqualCalls equalCalls) {}

  /**
   * Equal calls at once.
   *
   * @param speedUp time of the tool for all calls ÷ mean makespan
   * @param speedUpOverPlatform time of plans with one of the calls each, one after another, ÷ mean
   *     makespan
   */
  public record EqualCalls(
      int calls,
      int callMs,
      int runs,
      double makespanMeanMs,
      double speedUp,
      double speedUpOverPlatform) {}

  /**
   * @param progress gets a line at each step
   */
  public PlansReplay(Settings settings, Consumer<String> progress) {
    this.settings = settings;
    this.progress = progress;
  }

  /**
   * Runs it.
   *
   * @throws CommandException if the file holds no plans or a plan failed
   */
  public Result run() {
    List<PlanShape> plans = PlanFile.read(settings.file, settings.seed);
    try (WorkDirectory work = WorkDirectory.create("replay-plans")) {
      progress.accept("starting platform and worker in " + work.path());
      try (PlatformProcess platform =
          PlatformProcess.start(
              new PlatformProcess.Options(
                  work.path(), "operations", settings.platformJvm, false))) {
        Declarations.declare(
            platform.connection(), List.of(Declarations.tool(TOOL, "sleep", true)));
        try (WorkerProcess worker =
                WorkerProcess.start(
                    "worker",
                    platform.connection(),
                    work.path(),
                    settings.workerJvm,
                    Map.of("slots", Integer.toString(SLOTS)));
            PlanClient client = new PlanClient(platform.connection(), TOOL)) {
          Result result = measure(client, plans);
          work.done();
          return result;
        }
      }
    }
  }

  private Result measure(PlanClient client, List<PlanShape> plans) {
    progress.accept("warming up for %d s".formatted(settings.warmUp.toSeconds()));
    long start = System.nanoTime();
    do {
      client.run(PlanShape.equal(EQUAL_CALLS, WARM_UP_MILLIS));
    } while (System.nanoTime() - start < settings.warmUp.toNanos());

    double makespan = 0;
    double overheadMax = 0;
    for (int i = 0; i < plans.size(); i++) {
      double millis = millis(client.run(plans.get(i)));
      makespan += millis;
      overheadMax = Math.max(overheadMax, millis - plans.get(i).criticalPathMillis());
      if ((i + 1) % PROGRESS_EVERY == 0) {
        progress.accept("%d of %d plans".formatted(i + 1, plans.size()));
      }
    }
    double critical = plans.stream().mapToInt(PlanShape::criticalPathMillis).sum();
    double tool = plans.stream().mapToInt(PlanShape::toolMillis).sum();
    int atOnce = plans.stream().mapToInt(PlanShape::fanOut).sum();
    int joins = (int) plans.stream().filter(plan -> plan.joinMillis() > 0).count();
    return new Result(
        makespan / critical,
        plans.size(),
        (double) atOnce / plans.size(),
        atOnce + joins,
        makespan / 1_000,
        critical / 1_000,
        tool / makespan,
        (makespan - critical) / plans.size(),
        overheadMax,
        "from before the client encodes a plan until it has decoded the answer; one plan in flight",
        equalCalls(client));
  }

  private EqualCalls equalCalls(PlanClient client) {
    progress.accept("%d equal calls of %d ms".formatted(EQUAL_CALLS, EQUAL_MILLIS));
    double together = 0;
    for (int i = 0; i < EQUAL_RUNS; i++) {
      together += millis(client.run(PlanShape.equal(EQUAL_CALLS, EQUAL_MILLIS)));
    }
    together /= EQUAL_RUNS;
    double inTurn = 0;
    for (int i = 0; i < EQUAL_CALLS; i++) {
      inTurn += millis(client.run(PlanShape.equal(1, EQUAL_MILLIS)));
    }
    return new EqualCalls(
        EQUAL_CALLS,
        EQUAL_MILLIS,
        EQUAL_RUNS,
        together,
        EQUAL_CALLS * EQUAL_MILLIS / together,
        inTurn / together);
  }

  private static double millis(Duration time) {
    return time.toNanos() / 1e6;
  }

  /** For people. */
  public static String text(Result result) {
    return String.format(
        Locale.ROOT,
        "%d plans, fan-out %.2f: %.1f s, %.3f x their critical paths (%.1f ms more each);"
            + " %d calls of %d ms at once: %.1f ms, %.2f x faster than the tool in turn",
        result.plans,
        result.meanFanOut,
        result.makespanS,
        result.makespanOverCriticalPath,
        result.overheadMeanMs,
        result.equalCalls.calls,
        result.equalCalls.callMs,
        result.equalCalls.makespanMeanMs,
        result.equalCalls.speedUp);
  }
}
