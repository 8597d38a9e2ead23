package io.millrace.benchmarks.requests;

import io.millrace.benchmarks.client.Connection;
import io.millrace.benchmarks.process.ChildJvm;
import io.millrace.benchmarks.process.CpuReference;
import io.millrace.benchmarks.process.PlatformProcess;
import io.millrace.benchmarks.process.ProcessCpu;
import io.millrace.benchmarks.process.WorkDirectory;
import io.millrace.benchmarks.process.WorkerProcess;
import io.millrace.events.InferenceRequest;
import io.millrace.events.InferenceResult;
import io.millrace.platform.cli.CommandException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.function.ToDoubleFunction;

/**
 * Measures requests to models: platform, worker and driver are a process each; the same models bare
 * in turns with them.
 */
public final class InferenceBenchmark {
  private static final int LINGER_MS = 1;
  private static final Duration FIRST_ANSWER = Duration.ofSeconds(60);
  private static final double MEDIAN = 0.50;
  private static final double HIGH = 0.95;
  private static final double TAIL = 0.99;

  private final Settings settings;
  private final Consumer<String> progress;

  /**
   * What is measured, and on what.
   *
   * @param models names of the models, see {@link BenchmarkModels}
   * @param inFlight requests kept in flight
   * @param rounds how often each run is repeated, in turns with the others
   * @param preheat time at first for the JIT compilers
   * @param warmUp time before each run
   * @param measure time of each run
   */
  public record Settings(
      Set<String> models,
      int inFlight,
      int rounds,
      Duration preheat,
      Duration warmUp,
      Duration measure,
      List<String> platformJvm,
      List<String> workerJvm,
      int slots) {}

  /**
   * One run, or the medians of several. CPU is of all processes, user and system.
   *
   * @param mode {@code bare}, or {@code log} through the platform
   * @param p50Ms of a request; of a whole batch in mode {@code bare}
   * @param cpuReferenceMs how fast the processor was, see {@link CpuReference}
   * @param computeMs mean time that a request's runs took; 0 in mode {@code bare}
   */
  public record Run(
      String model,
      String mode,
      int inFlight,
      double perS,
      double p50Ms,
      double p95Ms,
      double p99Ms,
      double meanBatch,
      double cpuUsPerRequest,
      double cpuReferenceMs,
      double computeMs) {}

  /**
   * What was measured.
   *
   * @param bareWays how each bare model was run: the fastest way found
   */
  public record Result(List<Run> runs, Map<String, String> bareWays) {

    /** The run of a model in a mode. */
    public Run run(String model, String mode, int inFlight) {
      return runs.stream()
          .filter(r -> r.model.equals(model) && r.mode.equals(mode) && r.inFlight == inFlight)
          .findFirst()
          .orElseThrow();
    }
  }

  /**
   * @param progress gets a line at each step
   */
  public InferenceBenchmark(Settings settings, Consumer<String> progress) {
    this.settings = settings;
    this.progress = progress;
  }

  /**
   * Runs it.
   *
   * @throws CommandException if a request failed
   */
  public Result run() {
    try (WorkDirectory work = WorkDirectory.create("bench-inference")) {
      Path repository = work.path().resolve("models");
      List<BenchmarkModels.Model> models = BenchmarkModels.write(repository, settings.models);
      progress.accept("starting platform and worker in " + work.path());
      try (PlatformProcess platform =
          PlatformProcess.start(
              new PlatformProcess.Options(
                  work.path(), "operations", settings.platformJvm, false))) {
        BenchmarkModels.declare(platform.connection(), repository);
        try (WorkerProcess worker =
            WorkerProcess.startModels(
                "worker",
                platform.connection(),
                work.path(),
                settings.workerJvm,
                Map.of("slots", Integer.toString(settings.slots)))) {
          Result result = measure(platform, worker, models);
          work.done();
          return result;
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException("the models cannot be written: " + e, e);
    }
  }

  private Result measure(
      PlatformProcess platform, WorkerProcess worker, List<BenchmarkModels.Model> models) {
    Map<String, List<Run>> runs = new LinkedHashMap<>();
    Map<String, String> ways = new TreeMap<>();
    Map<String, BareModel.Way> fastest = new TreeMap<>();
    try (Loops loops = new Loops(platform.connection(), models)) {
      for (BenchmarkModels.Model model : models) {
        loops.awaitReady(model);
      }
      progress.accept("until the code is compiled");
      for (BenchmarkModels.Model model : models) {
        loops.of(model).run(settings.inFlight, settings.preheat.dividedBy(models.size()));
      }
      for (BenchmarkModels.Model model : models) {
        if (model.bare()) {
          progress.accept(model.name() + ": looking for the fastest bare loop");
          BareModel.Way way = bare(model).fastest();
          fastest.put(model.name(), way);
          ways.put(
              model.name(),
              "%d threads x %d intra-op, batch %d, no spinning, direct buffers"
                  .formatted(way.threads(), way.intraThreads(), way.batch()));
        }
      }
      for (int round = 0; round < settings.rounds; round++) {
        for (BenchmarkModels.Model model : models) {
          BareModel.Way way = fastest.get(model.name());
          if (way != null) {
            add(runs, bare(model, way, 0));
            add(runs, bare(model, new BareModel.Way(1, way.threads() * way.intraThreads(), 1), 1));
          }
          for (int inFlight :
              model.alone() ? List.of(settings.inFlight, 1) : List.of(settings.inFlight)) {
            loops.of(model).run(inFlight, settings.warmUp);
            add(runs, log(loops, model, inFlight, platform.jvm(), worker.jvm()));
          }
        }
      }
    }
    return new Result(runs.values().stream().map(InferenceBenchmark::median).toList(), ways);
  }

  private void add(Map<String, List<Run>> runs, Run run) {
    progress.accept(text(run));
    runs.computeIfAbsent(run.model + ' ' + run.mode + ' ' + run.inFlight, key -> new ArrayList<>())
        .add(run);
  }

  private static BareModel bare(BenchmarkModels.Model model) {
    return new BareModel(model.file(), model.inputs(0), model.batchMax());
  }

  private Run bare(BenchmarkModels.Model model, BareModel.Way way, int inFlight) {
    CpuReference reference = CpuReference.start();
    BareModel.Speed speed = bare(model).run(way, settings.measure);
    return new Run(
        model.name(),
        "bare",
        inFlight,
        speed.perS(),
        speed.latencies().percentileMillis(MEDIAN),
        speed.latencies().percentileMillis(HIGH),
        speed.latencies().percentileMillis(TAIL),
        way.batch(),
        speed.cpuMicrosPerRow(),
        reference.median(),
        0);
  }

  private Run log(
      Loops loops, BenchmarkModels.Model model, int inFlight, ChildJvm platform, ChildJvm worker) {
    loops.requests(model).meanBatch();
    CpuReference reference = CpuReference.start();
    Duration before = ProcessCpu.ofThis().plus(platform.cpu()).plus(worker.cpu());
    ClosedLoop.Round round = loops.of(model).run(inFlight, settings.measure);
    Duration cpu = ProcessCpu.ofThis().plus(platform.cpu()).plus(worker.cpu()).minus(before);
    return new Run(
        model.name(),
        "log",
        inFlight,
        round.perSecond(),
        round.latencies().percentileMillis(MEDIAN),
        round.latencies().percentileMillis(HIGH),
        round.latencies().percentileMillis(TAIL),
        loops.requests(model).meanBatch(),
        cpu.toNanos() / 1e3 / round.latencies().count(),
        reference.median(),
        loops.requests(model).meanComputeMs());
  }

  private static Run median(List<Run> runs) {
    Run first = runs.get(0);
    return new Run(
        first.model,
        first.mode,
        first.inFlight,
        median(runs, Run::perS),
        median(runs, Run::p50Ms),
        median(runs, Run::p95Ms),
        median(runs, Run::p99Ms),
        median(runs, Run::meanBatch),
        median(runs, Run::cpuUsPerRequest),
        median(runs, Run::cpuReferenceMs),
        median(runs, Run::computeMs));
  }

  private static double median(List<Run> runs, ToDoubleFunction<Run> value) {
    double[] sorted = runs.stream().mapToDouble(value).sorted().toArray();
    return sorted[sorted.length / 2];
  }

  /** One line for people. */
  public static String text(Run run) {
    return String.format(
        Locale.ROOT,
        "%s %s, %s: %.0f/s, p50 %.2f ms, p95 %.2f ms, p99 %.2f ms, batch %.1f, CPU %.1f us",
        run.model,
        run.mode,
        run.inFlight == 0 ? "as fast as it goes" : run.inFlight + " in flight",
        run.perS,
        run.p50Ms,
        run.p95Ms,
        run.p99Ms,
        run.meanBatch,
        run.cpuUsPerRequest);
  }

  /** A closed loop for each model. */
  private static final class Loops implements AutoCloseable {
    private final Map<String, ModelRequests> requests = new TreeMap<>();
    private final Map<String, ClosedLoop<InferenceRequest, InferenceResult>> loops =
        new TreeMap<>();

    Loops(Connection connection, List<BenchmarkModels.Model> models) {
      for (BenchmarkModels.Model model : models) {
        ModelRequests own = new ModelRequests(model.name(), model::inputs);
        requests.put(model.name(), own);
        loops.put(model.name(), new ClosedLoop<>(connection, own.kind(), LINGER_MS));
      }
    }

    ClosedLoop<InferenceRequest, InferenceResult> of(BenchmarkModels.Model model) {
      return Objects.requireNonNull(loops.get(model.name()));
    }

    ModelRequests requests(BenchmarkModels.Model model) {
      return Objects.requireNonNull(requests.get(model.name()));
    }

    /** Until the worker has the model ready: until then requests wait a second and are refused. */
    void awaitReady(BenchmarkModels.Model model) {
      long end = System.nanoTime() + FIRST_ANSWER.toNanos();
      while (true) {
        try {
          of(model).run(1, Duration.ZERO);
          return;
        } catch (CommandException e) {
          if (System.nanoTime() - end > 0) {
            throw e;
          }
        }
      }
    }

    @Override
    public void close() {
      loops.values().forEach(ClosedLoop::close);
    }
  }
}
