package io.millrace.benchmarks.requests;

import io.millrace.benchmarks.client.Connection;
import io.millrace.benchmarks.client.Declarations;
import io.millrace.benchmarks.process.ChildJvm;
import io.millrace.benchmarks.process.CpuReference;
import io.millrace.benchmarks.process.PlatformProcess;
import io.millrace.benchmarks.process.ProcessCpu;
import io.millrace.benchmarks.process.WorkDirectory;
import io.millrace.benchmarks.process.WorkerProcess;
import io.millrace.events.ToolCall;
import io.millrace.events.ToolPlan;
import io.millrace.events.ToolPlanResult;
import io.millrace.events.ToolResult;
import io.millrace.platform.cli.CommandException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Measures plans of parallel calls: platform, worker and driver are a process each, the driver this
 * one.
 */
public final class RequestsBenchmark {
  /** Calls of each plan. */
  public static final int CALLS = 8;

  /** How long the tool sleeps, milliseconds. */
  public static final int SLEEP_MILLIS = 20;

  private static final String SLEEP = "bench-sleep";
  private static final String CONTROLLED = "bench-controlled";
  private static final String ECHO = "bench-echo";
  private static final int TURNS = 3;
  private static final double COMPILED_PCT = 5;
  private static final Duration PREHEAT_ROUND = Duration.ofSeconds(15);
  private static final Duration OVERHEAD_WARM_UP = Duration.ofSeconds(5);
  private static final Duration OVERHEAD = Duration.ofSeconds(10);
  private static final Duration COUNTER = Duration.ofSeconds(5);
  private static final double MEDIAN = 0.50;
  private static final double TAIL = 0.99;

  private final Settings settings;
  private final Consumer<String> progress;

  /**
   * What is measured, and on what.
   *
   * @param concurrency plans in flight, a run for each
   * @param preheat the longest time at the most in flight before all runs, for the JIT compilers
   * @param warmUp time before each run
   * @param measure time of each run
   * @param flush whether the broker flushes before it acknowledges
   * @param platformJvm options of the platform's JVM
   * @param workerJvm options of the worker's JVM
   * @param slots tasks that the worker runs at once
   * @param controls whether the cost of every control of a target is measured too
   */
  public record Settings(
      List<Integer> concurrency,
      Duration preheat,
      Duration warmUp,
      Duration measure,
      boolean flush,
      List<String> platformJvm,
      List<String> workerJvm,
      int slots,
      boolean controls) {}

  /**
   * One run. CPU is of all processes, user and system; the driver's is also shown apart.
   *
   * @param executedCalls tasks that the worker ended during the run
   * @param jitPct share of the platform's CPU that its JIT compilers took, percent
   * @param cpuReferenceMs how fast the processor was, see {@link CpuReference}
   */
  public record Run(
      int concurrency,
      double plansPerS,
      double p50Ms,
      double p99Ms,
      double cpuMsPerPlan,
      double driverCpuMsPerPlan,
      double platformCpuMsPerPlan,
      double workerCpuMsPerPlan,
      long executedCalls,
      long plans,
      double jitPct,
      double cpuReferenceMs) {}

  /** A single call of a tool that does nothing, one in flight, milliseconds. */
  public record CallOverhead(double p50Ms, double p99Ms) {}

  /**
   * The same plans of a tool with every control on, in turns with one that has none, at the most in
   * flight.
   *
   * @param off without controls
   * @param on with every control
   * @param cpuOverheadPct CPU a plan with controls over that without, less 100 %
   */
  public record ControlsCost(List<Run> off, List<Run> on, double cpuOverheadPct) {}

  /**
   * What was measured.
   *
   * @param controls null if it was not asked for
   */
  public record Result(
      List<Run> runs, CallOverhead callOverhead, @Nullable ControlsCost controls) {}

  private record Cpu(Duration driver, Duration platform, Duration compilers, Duration worker) {
    double jitPct(Cpu before) {
      return 100 * millis(before.compilers, compilers) / millis(before.platform, platform);
    }
  }

  /**
   * @param progress gets a line at each step
   */
  public RequestsBenchmark(Settings settings, Consumer<String> progress) {
    this.settings = settings;
    this.progress = progress;
  }

  /**
   * Runs it.
   *
   * @throws CommandException if a plan failed or the worker ran another number of calls than asked
   */
  public Result run() {
    try (WorkDirectory work = WorkDirectory.create("bench-requests")) {
      progress.accept("starting platform and worker in " + work.path());
      try (PlatformProcess platform =
              PlatformProcess.start(
                  new PlatformProcess.Options(
                      work.path(), "operations", settings.platformJvm, settings.flush));
          WorkerProcess worker = worker(platform.connection(), work)) {
        Result result = measure(platform.connection(), platform.jvm(), worker);
        work.done();
        return result;
      }
    }
  }

  private WorkerProcess worker(Connection connection, WorkDirectory work) {
    Declarations.declare(
        connection,
        List.of(
            Declarations.tool(SLEEP, "sleep", true),
            Declarations.controlled(CONTROLLED, "sleep"),
            Declarations.tool(ECHO, "echo", true)));
    return WorkerProcess.start(
        "worker",
        connection,
        work.path(),
        settings.workerJvm,
        Map.of("slots", Integer.toString(settings.slots)));
  }

  private Result measure(Connection connection, ChildJvm platform, WorkerProcess worker) {
    List<Run> runs = new ArrayList<>();
    try (ClosedLoop<ToolPlan, ToolPlanResult> plans =
        new ClosedLoop<>(connection, RequestKind.plans(SLEEP, CALLS, SLEEP_MILLIS))) {
      preheat(plans, platform, worker);
      for (int concurrency : settings.concurrency) {
        progress.accept("%d in flight: warming up".formatted(concurrency));
        plans.run(concurrency, settings.warmUp);
        progress.accept("%d in flight: measuring".formatted(concurrency));
        Run run = run(plans, concurrency, platform, worker, false);
        progress.accept(text(run));
        runs.add(run);
      }
    }
    ControlsCost controls = settings.controls ? controls(connection, platform, worker) : null;
    try (ClosedLoop<ToolCall, ToolResult> calls =
        new ClosedLoop<>(connection, RequestKind.calls(ECHO))) {
      progress.accept("single calls of a tool that does nothing");
      calls.run(1, OVERHEAD_WARM_UP);
      Latencies latencies = calls.run(1, OVERHEAD).latencies();
      return new Result(
          runs,
          new CallOverhead(latencies.percentileMillis(MEDIAN), latencies.percentileMillis(TAIL)),
          controls);
    }
  }

  /** Until the platform's code is compiled: its compilers take next to nothing any more. */
  private void preheat(
      ClosedLoop<ToolPlan, ToolPlanResult> plans, ChildJvm platform, WorkerProcess worker) {
    int most = settings.concurrency.stream().mapToInt(Integer::intValue).max().orElse(1);
    double jitPct = 100;
    for (Duration left = settings.preheat;
        left.compareTo(Duration.ZERO) > 0 && jitPct > COMPILED_PCT;
        left = left.minus(PREHEAT_ROUND)) {
      Cpu before = cpu(platform, worker);
      plans.run(most, left.compareTo(PREHEAT_ROUND) < 0 ? left : PREHEAT_ROUND);
      jitPct = cpu(platform, worker).jitPct(before);
      progress.accept(
          String.format(
              Locale.ROOT,
              "%d in flight: until the code is compiled; compilers take %.0f %%",
              most,
              jitPct));
    }
  }

  private ControlsCost controls(Connection connection, ChildJvm platform, WorkerProcess worker) {
    int most = settings.concurrency.stream().mapToInt(Integer::intValue).max().orElse(1);
    List<Run> off = new ArrayList<>();
    List<Run> on = new ArrayList<>();
    try (ClosedLoop<ToolPlan, ToolPlanResult> plain =
            new ClosedLoop<>(connection, RequestKind.plans(SLEEP, CALLS, SLEEP_MILLIS));
        ClosedLoop<ToolPlan, ToolPlanResult> controlled =
            new ClosedLoop<>(connection, RequestKind.plans(CONTROLLED, CALLS, SLEEP_MILLIS))) {
      progress.accept("controls: warming up");
      controlled.run(most, settings.warmUp);
      for (int turn = 0; turn < TURNS; turn++) {
        off.add(run(plain, most, platform, worker, false));
        progress.accept("controls off: " + text(off.get(turn)));
        on.add(run(controlled, most, platform, worker, true));
        progress.accept("controls on: " + text(on.get(turn)));
      }
    }
    double without = off.stream().mapToDouble(Run::cpuMsPerPlan).average().orElse(0);
    double with = on.stream().mapToDouble(Run::cpuMsPerPlan).average().orElse(0);
    return new ControlsCost(off, on, 100 * (with / without - 1));
  }

  private Run run(
      ClosedLoop<ToolPlan, ToolPlanResult> plans,
      int concurrency,
      ChildJvm platform,
      WorkerProcess worker,
      boolean mayHedge) {
    long executedBefore = worker.ended();
    Cpu before = cpu(platform, worker);
    CpuReference reference = CpuReference.start();
    ClosedLoop.Round round = plans.run(concurrency, settings.measure);
    double referenceMs = reference.median();
    Cpu after = cpu(platform, worker);
    long count = round.latencies().count();
    long executed = executed(worker, executedBefore, CALLS * count, mayHedge);
    double driver = millis(before.driver, after.driver) / count;
    double platformCpu = millis(before.platform, after.platform) / count;
    double workerCpu = millis(before.worker, after.worker) / count;
    return new Run(
        concurrency,
        round.perSecond(),
        round.latencies().percentileMillis(MEDIAN),
        round.latencies().percentileMillis(TAIL),
        driver + platformCpu + workerCpu,
        driver,
        platformCpu,
        workerCpu,
        executed,
        count,
        after.jitPct(before),
        referenceMs);
  }

  /** A plan may be answered a moment before the worker has counted its last task. */
  private static long executed(WorkerProcess worker, long before, long expected, boolean mayHedge) {
    long end = System.nanoTime() + COUNTER.toNanos();
    long executed = worker.ended() - before;
    while (executed < expected && System.nanoTime() - end < 0) {
      Thread.onSpinWait();
      executed = worker.ended() - before;
    }
    if (mayHedge ? executed < expected : executed != expected) {
      throw CommandException.failed(
          "the worker ran %d calls, but the plans had %d".formatted(executed, expected));
    }
    return executed;
  }

  private static Cpu cpu(ChildJvm platform, WorkerProcess worker) {
    return new Cpu(
        ProcessCpu.ofThis(),
        platform.cpu(),
        ProcessCpu.ofCompilers(platform.pid()),
        worker.jvm().cpu());
  }

  private static double millis(Duration before, Duration after) {
    return after.minus(before).toNanos() / 1e6;
  }

  /** One line for people. */
  public static String text(Run run) {
    return String.format(
        Locale.ROOT,
        "%d in flight: %.0f plans/s, p50 %.1f ms, p99 %.1f ms, CPU %.2f ms a plan"
            + " (driver %.2f, platform %.2f, worker %.2f), %d plans; JIT %.0f %%,"
            + " CPU reference %.2f ms",
        run.concurrency,
        run.plansPerS,
        run.p50Ms,
        run.p99Ms,
        run.cpuMsPerPlan,
        run.driverCpuMsPerPlan,
        run.platformCpuMsPerPlan,
        run.workerCpuMsPerPlan,
        run.plans,
        run.jitPct,
        run.cpuReferenceMs);
  }
}
