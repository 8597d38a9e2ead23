package io.millrace.benchmarks.cli;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.millrace.benchmarks.process.Conditions;
import io.millrace.benchmarks.requests.RequestsBenchmark;
import io.millrace.platform.cli.CommandException;
import io.millrace.platform.cli.ExitCode;
import io.millrace.platform.cli.OutputOptions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code millrace bench requests}: plans of eight parallel calls, from send to receipt. */
@Command(
    name = "requests",
    mixinStandardHelpOptions = true,
    description = "Time plans of 8 parallel calls that sleep 20 ms, and what each costs.")
final class RequestsCommand implements Callable<Integer> {

  @Mixin private OutputOptions output;

  @Mixin
  private JvmOptions jvms =
      new JvmOptions(List.of("-XX:+UseG1GC"), List.of("-XX:+UseSerialGC", "-Xmx512m"));

  @Option(
      names = "--concurrency",
      split = ",",
      defaultValue = "1,16,64",
      description = "Plans in flight, a run for each (${DEFAULT-VALUE}).")
  private List<Integer> concurrency;

  @Option(
      names = "--preheat-s",
      defaultValue = "180",
      description =
          "Seconds at the most in flight before all runs; ends as soon as the platform's JIT"
              + " compilers take under 5 %% of its CPU (${DEFAULT-VALUE}).")
  private int preheatSeconds;

  @Option(
      names = "--warmup-s",
      defaultValue = "15",
      description = "Seconds before each run (${DEFAULT-VALUE}).")
  private int warmUpSeconds;

  @Option(
      names = "--measure-s",
      defaultValue = "30",
      description = "Seconds of each run (${DEFAULT-VALUE}).")
  private int measureSeconds;

  @Option(names = "--flush", description = "The broker flushes to disk before it acknowledges.")
  private boolean flush;

  @Option(
      names = "--heap",
      defaultValue = "2g",
      description = "Heap of the platform's process (${DEFAULT-VALUE}).")
  private String heap;

  @Option(
      names = "--slots",
      defaultValue = "1024",
      description = "Tasks that the worker runs at once (${DEFAULT-VALUE}).")
  private int slots;

  @Option(
      names = "--controls",
      defaultValue = "off",
      description =
          "off; or both, to measure what every control of a target costs (${DEFAULT-VALUE}).")
  private String controls;

  @Override
  public Integer call() {
    if (!controls.equals("off") && !controls.equals("both")) {
      throw CommandException.usage(
          "--controls: expected off or both, but '%s' is given".formatted(controls));
    }
    for (int inFlight : concurrency) {
      positive("--concurrency", inFlight);
    }
    positive("--warmup-s", warmUpSeconds);
    positive("--measure-s", measureSeconds);
    positive("--slots", slots);
    Conditions conditions = Conditions.now();
    output.err().println(conditions.text());
    List<String> platformOptions = new ArrayList<>(jvms.platform());
    platformOptions.add("-Xmx" + heap);
    RequestsBenchmark.Settings settings =
        new RequestsBenchmark.Settings(
            List.copyOf(concurrency),
            Duration.ofSeconds(preheatSeconds),
            Duration.ofSeconds(warmUpSeconds),
            Duration.ofSeconds(measureSeconds),
            flush,
            platformOptions,
            jvms.worker(),
            slots,
            controls.equals("both"));
    RequestsBenchmark.Result result = new RequestsBenchmark(settings, output.err()::println).run();
    print(result);
    ObjectNode document = (ObjectNode) Documents.of(result);
    RequestsBenchmark.ControlsCost cost = result.controls();
    if (cost != null) {
      document.put("controls_cpu_overhead_pct", cost.cpuOverheadPct());
    }
    document.put("flush_before_ack", flush);
    document.put("preheat_s", preheatSeconds);
    document.put("warmup_s", warmUpSeconds);
    document.put("measure_s", measureSeconds);
    document.put("worker_slots", slots);
    jvms.describe(document);
    document.put("platform_jvm", String.join(" ", platformOptions));
    document.set("conditions", Documents.of(conditions));
    output.writeJson(document);
    return ExitCode.OK;
  }

  private void print(RequestsBenchmark.Result result) {
    result.runs().forEach(run -> output.out().println(RequestsBenchmark.text(run)));
    output
        .out()
        .println(
            String.format(
                Locale.ROOT,
                "a call of a tool that does nothing: p50 %.2f ms, p99 %.2f ms",
                result.callOverhead().p50Ms(),
                result.callOverhead().p99Ms()));
    output.out().flush();
  }

  private static void positive(String option, int value) {
    if (value <= 0) {
      throw CommandException.usage(
          option + ": expected a number over 0, but " + value + " is given");
    }
  }
}
