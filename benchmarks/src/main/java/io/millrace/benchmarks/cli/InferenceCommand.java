package io.millrace.benchmarks.cli;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.millrace.benchmarks.process.Conditions;
import io.millrace.benchmarks.requests.BenchmarkModels;
import io.millrace.benchmarks.requests.InferenceBenchmark;
import io.millrace.benchmarks.requests.InferenceBenchmark.Run;
import io.millrace.benchmarks.requests.TraceBenchmark;
import io.millrace.benchmarks.scaling.TokenTrace;
import io.millrace.platform.cli.CommandException;
import io.millrace.platform.cli.ExitCode;
import io.millrace.platform.cli.OutputOptions;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code millrace bench inference}: models through the log beside the same models bare. */
@Command(
    name = "inference",
    mixinStandardHelpOptions = true,
    description = "Time requests to models through the log, in turns with the same models bare.")
final class InferenceCommand implements Callable<Integer> {

  @Mixin private OutputOptions output;

  @Mixin
  private JvmOptions jvms =
      new JvmOptions(List.of("-XX:+UseSerialGC", "-Xmx2g"), List.of("-XX:+UseSerialGC", "-Xmx1g"));

  @Option(
      names = "--models",
      split = ",",
      defaultValue = "tiny,mlp,mlp_unbatched,lm",
      description =
          "What to measure (${DEFAULT-VALUE}); also bytes_1k, bytes_64k, bytes_602k, cached_64k.")
  private List<String> models;

  @Option(
      names = "--in-flight",
      defaultValue = "64",
      description = "Requests kept in flight (${DEFAULT-VALUE}).")
  private int inFlight;

  @Option(
      names = "--rounds",
      defaultValue = "3",
      description = "How often each run is repeated, in turns; medians count (${DEFAULT-VALUE}).")
  private int rounds;

  @Option(
      names = "--preheat-s",
      defaultValue = "120",
      description = "Seconds at first, for the JIT (${DEFAULT-VALUE}).")
  private int preheatSeconds;

  @Option(
      names = "--warmup-s",
      defaultValue = "2",
      description = "Seconds before each run (${DEFAULT-VALUE}).")
  private int warmUpSeconds;

  @Option(
      names = "--measure-s",
      defaultValue = "8",
      description = "Seconds of each run (${DEFAULT-VALUE}).")
  private int measureSeconds;

  @Option(
      names = "--slots",
      defaultValue = "256",
      description = "Requests that the worker takes at once (${DEFAULT-VALUE}).")
  private int slots;

  @Option(
      names = "--trace",
      paramLabel = "FILE",
      description =
          "Play these requests (TIMESTAMP,ContextTokens,GeneratedTokens) on lm instead, at their"
              + " own times.")
  private @Nullable Path trace;

  @Option(
      names = "--speed",
      defaultValue = "10",
      description = "How many times faster than the trace was recorded (${DEFAULT-VALUE}).")
  private double speed;

  @Option(
      names = "--utilisation",
      defaultValue = "0.6",
      description =
          "Share of all processors' time that the trace's inputs shall take (${DEFAULT-VALUE}).")
  private double utilisation;

  @Override
  public Integer call() {
    if (trace != null) {
      return play(trace);
    }
    Set<String> chosen = new LinkedHashSet<>(models);
    for (String model : chosen) {
      if (!BenchmarkModels.NAMES.contains(model)) {
        throw CommandException.usage(
            "--models: expected some of %s, but '%s' is given"
                .formatted(String.join(", ", BenchmarkModels.NAMES), model));
      }
    }
    if (inFlight < 2 || rounds < 1 || measureSeconds < 1 || warmUpSeconds < 0 || slots < 1) {
      throw CommandException.usage(
          "expected at least 2 requests in flight, 1 round, 1 second and 1 slot");
    }
    Conditions conditions = Conditions.now();
    output.err().println(conditions.text());
    InferenceBenchmark.Result result =
        new InferenceBenchmark(
                new InferenceBenchmark.Settings(
                    chosen,
                    inFlight,
                    rounds,
                    Duration.ofSeconds(preheatSeconds),
                    Duration.ofSeconds(warmUpSeconds),
                    Duration.ofSeconds(measureSeconds),
                    jvms.platform(),
                    jvms.worker(),
                    slots),
                output.err()::println)
            .run();
    result.runs().forEach(run -> output.out().println(InferenceBenchmark.text(run)));
    output.out().flush();
    ObjectNode document = (ObjectNode) Documents.of(result);
    summarize(result, chosen, document);
    jvms.describe(document);
    document.set("conditions", Documents.of(conditions));
    output.writeJson(document);
    return ExitCode.OK;
  }

  private int play(Path file) {
    if (!(speed > 0) || !(utilisation > 0 && utilisation < 1) || slots < 1) {
      throw CommandException.usage(
          "expected --speed over 0, --utilisation between 0 and 1 and 1 slot or more");
    }
    TokenTrace requests = TokenTrace.read(file);
    Conditions conditions = Conditions.now();
    output.err().println(conditions.text());
    TraceBenchmark.Result result =
        new TraceBenchmark(
                new TraceBenchmark.Settings(
                    requests,
                    speed,
                    utilisation,
                    Duration.ofSeconds(preheatSeconds),
                    jvms.platform(),
                    jvms.worker(),
                    slots),
                output.err()::println)
            .run();
    ObjectNode document = (ObjectNode) Documents.of(Map.of("trace", result));
    output.out().println(document.path("trace"));
    output.out().flush();
    jvms.describe(document);
    document.set("conditions", Documents.of(conditions));
    output.writeJson(document);
    return result.ok() == result.requests() ? ExitCode.OK : ExitCode.FAILED;
  }

  private void summarize(
      InferenceBenchmark.Result result, Set<String> chosen, ObjectNode document) {
    if (chosen.contains("tiny")) {
      Run log = result.run("tiny", "log", inFlight);
      document.put(
          "tiny_cpu_us_above_bare",
          log.cpuUsPerRequest() - result.run("tiny", "bare", 0).cpuUsPerRequest());
      Run one = result.run("tiny", "log", 1);
      Run bare = result.run("tiny", "bare", 1);
      ObjectNode overhead = document.putObject("overhead_ms");
      overhead.put("p50", one.p50Ms() - bare.p50Ms());
      overhead.put("p99", one.p99Ms() - bare.p99Ms());
    }
    if (chosen.contains("mlp") && chosen.contains("ensemble")) {
      // What three steps took beyond one request's overhead, over three times one step's compute.
      Run whole = result.run("ensemble", "log", 1);
      Run step = result.run("mlp", "log", 1);
      double overhead = step.p50Ms() - step.computeMs();
      document.put("ensemble_overhead_ratio", (whole.p50Ms() - overhead) / (3 * step.computeMs()));
    }
    if (chosen.contains("lm")) {
      document.put(
          "log_vs_bare_throughput",
          result.run("lm", "log", inFlight).perS() / result.run("lm", "bare", 0).perS());
    }
    if (chosen.contains("mlp") && chosen.contains("mlp_unbatched")) {
      document.put(
          "batching_speedup",
          result.run("mlp", "log", inFlight).perS()
              / result.run("mlp_unbatched", "log", inFlight).perS());
    }
    if (chosen.contains("bytes_64k") && chosen.contains("cached_64k")) {
      document.put(
          "cache_miss_slowdown_pct",
          100
              * (result.run("cached_64k", "log", inFlight).cpuUsPerRequest()
                      / result.run("bytes_64k", "log", inFlight).cpuUsPerRequest()
                  - 1));
    }
  }
}
