package io.millrace.benchmarks.requests;

import io.millrace.benchmarks.client.Connection;
import io.millrace.benchmarks.client.Declarations;
import io.millrace.benchmarks.process.PlatformProcess;
import io.millrace.benchmarks.process.ProcessMemory;
import io.millrace.benchmarks.process.WorkDirectory;
import io.millrace.benchmarks.process.WorkerProcess;
import io.millrace.events.InferenceRequest;
import io.millrace.events.InferenceResult;
import io.millrace.events.TargetSpec;
import io.millrace.events.Tensor;
import io.millrace.events.TensorDatatype;
import io.millrace.platform.cli.CommandException;
import io.millrace.platform.models.RepositoryScan;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.function.Consumer;

/**
 * Watches the resident memory of an inference worker under a load that would make a leak of native
 * memory grow: inputs of changing shapes, small and large batches, large tensors, and a model that
 * is loaded anew again and again.
 *
 * <p>The first part of the time is not counted: heap, code and arenas grow to what they need. Over
 * the rest a line is fitted; its slope is what is lost or gained per minute.
 */
public final class SoakBenchmark {
  private static final Duration TURN = Duration.ofSeconds(1);
  private static final Duration FIRST_ANSWER = Duration.ofSeconds(60);
  private static final List<Integer> IN_FLIGHT = List.of(1, 8, 64);
  private static final Set<String> MODELS = Set.of("tiny", "mlp", "lm", "bytes_602k");
  private static final int TOKENS_MIN = 8;
  private static final int LENGTHS = 200;
  private static final int VOCABULARY = 256;
  private static final double MIB = 1 << 20;
  private static final double SECONDS_PER_MINUTE = 60;

  /** The model that is loaded anew. */
  private static final String CHURNED = "tiny";

  private final Duration time;
  private final double settling;
  private final List<String> platformJvm;
  private final List<String> workerJvm;
  private final Consumer<String> progress;

  /** Resident memory of the worker at a time since the beginning. */
  public record Sample(double atS, double rssMib) {}

  /**
   * What was seen.
   *
   * @param loads how often the model was loaded anew
   * @param slopeMibPerMin of the line through the samples that count
   * @param firstRssMib on that line, where they begin
   */
  public record Result(
      long requests,
      int loads,
      double countedFromS,
      double slopeMibPerMin,
      double firstRssMib,
      double minRssMib,
      double maxRssMib,
      List<Sample> samples) {}

  /**
   * @param time of the load
   * @param settling share of it that does not count, 0 to 1
   * @param progress gets a line now and then
   */
  public SoakBenchmark(
      Duration time,
      double settling,
      List<String> platformJvm,
      List<String> workerJvm,
      Consumer<String> progress) {
    this.time = time;
    this.settling = settling;
    this.platformJvm = platformJvm;
    this.workerJvm = workerJvm;
    this.progress = progress;
  }

  /**
   * Runs it.
   *
   * @throws CommandException if a request failed
   */
  public Result run() {
    try (WorkDirectory work = WorkDirectory.create("bench-soak")) {
      Path repository = work.path().resolve("models");
      List<BenchmarkModels.Model> models = BenchmarkModels.write(repository, MODELS);
      progress.accept("starting platform and worker in " + work.path());
      try (PlatformProcess platform =
          PlatformProcess.start(
              new PlatformProcess.Options(work.path(), "operations", platformJvm, false))) {
        Map<String, TargetSpec> targets = targets(repository);
        Declarations.declare(platform.connection(), List.copyOf(targets.values()));
        try (WorkerProcess worker =
            WorkerProcess.startModels(
                "worker", platform.connection(), work.path(), workerJvm, Map.of("slots", "128"))) {
          Result result = soak(platform.connection(), worker, models, targets);
          work.done();
          return result;
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException("the models cannot be written: " + e, e);
    }
  }

  private static Map<String, TargetSpec> targets(Path repository) {
    // As if time had passed since the files were written.
    long settled = System.currentTimeMillis() + Duration.ofMinutes(1).toMillis();
    Map<String, TargetSpec> targets = new TreeMap<>();
    new RepositoryScan(repository, "default")
        .look(settled)
        .targets()
        .forEach((key, spec) -> targets.put(key, Objects.requireNonNull(spec)));
    return targets;
  }

  private Result soak(
      Connection connection,
      WorkerProcess worker,
      List<BenchmarkModels.Model> models,
      Map<String, TargetSpec> targets) {
    List<ClosedLoop<InferenceRequest, InferenceResult>> loops = new ArrayList<>();
    List<Sample> samples = new ArrayList<>();
    long requests = 0;
    int loads = 0;
    try {
      for (BenchmarkModels.Model model : models) {
        ModelRequests asked =
            new ModelRequests(
                model.name(), model.name().equals("lm") ? SoakBenchmark::tokens : model::inputs);
        loops.add(new ClosedLoop<>(connection, asked.kind()));
      }
      loops.forEach(SoakBenchmark::awaitReady);
      long began = System.nanoTime();
      double atS = 0;
      for (int turn = 0; atS < time.toSeconds(); turn++) {
        int inFlight = IN_FLIGHT.get(turn / loops.size() % IN_FLIGHT.size());
        requests += loops.get(turn % loops.size()).run(inFlight, TURN).latencies().count();
        if (turn % loops.size() == 0) {
          Declarations.declare(connection, List.of(anew(targets, ++loads)));
        }
        atS = (System.nanoTime() - began) / 1e9;
        samples.add(new Sample(atS, ProcessMemory.of(worker.jvm().pid()) / MIB));
        if (turn % 20 == 0) {
          progress.accept(
              "%.0f s: %.0f MiB, %d requests, %d loads"
                  .formatted(atS, samples.get(samples.size() - 1).rssMib(), requests, loads));
        }
      }
    } finally {
      loops.forEach(ClosedLoop::close);
    }
    return result(requests, loads, samples);
  }

  /** The same model under a configuration that says something else, so that it is loaded anew. */
  private static TargetSpec anew(Map<String, TargetSpec> targets, int number) {
    TargetSpec spec =
        targets.values().stream()
            .filter(target -> target.getName().equals(CHURNED))
            .findFirst()
            .orElseThrow();
    TargetSpec changed = TargetSpec.newBuilder(spec).build();
    Objects.requireNonNull(changed.getModel())
        .setConfig(
            "{\"max_batch_size\":64,\"parameters\":{\"load\":{\"string_value\":\"%d\"}}}"
                .formatted(number));
    return changed;
  }

  /** Until the worker has the model ready: until then requests wait a second and are refused. */
  private static void awaitReady(ClosedLoop<InferenceRequest, InferenceResult> loop) {
    long end = System.nanoTime() + FIRST_ANSWER.toNanos();
    while (true) {
      try {
        loop.run(1, Duration.ZERO);
        return;
      } catch (CommandException e) {
        if (System.nanoTime() - end > 0) {
          throw e;
        }
      }
    }
  }

  private static List<Tensor> tokens(long n) {
    SplittableRandom random = new SplittableRandom(n);
    int length = TOKENS_MIN + random.nextInt(LENGTHS);
    ByteBuffer data = ByteBuffer.allocate(Integer.BYTES * length).order(ByteOrder.LITTLE_ENDIAN);
    for (int i = 0; i < length; i++) {
      data.putInt(random.nextInt(VOCABULARY));
    }
    return List.of(
        new Tensor("tokens", TensorDatatype.INT32, List.of(1L, (long) length), data.flip()));
  }

  private Result result(long requests, int loads, List<Sample> samples) {
    double from = settling * time.toSeconds();
    List<Sample> counted = samples.stream().filter(sample -> sample.atS >= from).toList();
    Line line = Line.through(counted);
    return new Result(
        requests,
        loads,
        from,
        line.slope * SECONDS_PER_MINUTE,
        line.at(from),
        counted.stream().mapToDouble(Sample::rssMib).min().orElse(Double.NaN),
        counted.stream().mapToDouble(Sample::rssMib).max().orElse(Double.NaN),
        samples);
  }

  /** A straight line by least squares. */
  record Line(double slope, double intercept) {
    static Line through(List<Sample> samples) {
      double meanX = samples.stream().mapToDouble(Sample::atS).average().orElse(0);
      double meanY = samples.stream().mapToDouble(Sample::rssMib).average().orElse(0);
      double xy = 0;
      double xx = 0;
      for (Sample sample : samples) {
        xy += (sample.atS - meanX) * (sample.rssMib - meanY);
        xx += (sample.atS - meanX) * (sample.atS - meanX);
      }
      double slope = xx == 0 ? 0 : xy / xx;
      return new Line(slope, meanY - slope * meanX);
    }

    double at(double x) {
      return intercept + slope * x;
    }
  }
}
