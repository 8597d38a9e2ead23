package io.millrace.benchmarks.cli;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.millrace.benchmarks.process.Conditions;
import io.millrace.benchmarks.requests.SoakBenchmark;
import io.millrace.platform.cli.CommandException;
import io.millrace.platform.cli.ExitCode;
import io.millrace.platform.cli.OutputOptions;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code millrace bench soak}: whether an inference worker's memory stays what it is. */
@Command(
    name = "soak",
    mixinStandardHelpOptions = true,
    description = "Watch the resident memory of an inference worker under changing load.")
final class SoakCommand implements Callable<Integer> {
  private static final int SECONDS_MAX = 540;

  @Mixin private OutputOptions output;

  @Option(
      names = "--seconds",
      defaultValue = "420",
      description = "How long it is under load, at most 540 (${DEFAULT-VALUE}).")
  private int seconds;

  @Option(
      names = "--settling",
      defaultValue = "0.4",
      description = "Share of that time that does not count (${DEFAULT-VALUE}).")
  private double settling;

  @Option(
      names = "--platform-jvm",
      split = " ",
      defaultValue = "-XX:+UseSerialGC -Xmx2g",
      description = "Options of the platform's JVM (${DEFAULT-VALUE}).")
  private List<String> platformJvm;

  @Option(
      names = "--worker-jvm",
      split = " ",
      defaultValue = "-XX:+UseSerialGC -Xms512m -Xmx512m -XX:+AlwaysPreTouch",
      description =
          "Options of the worker's JVM; a heap that is there from the start is none that grows"
              + " (${DEFAULT-VALUE}).")
  private List<String> workerJvm;

  @Override
  public Integer call() {
    if (seconds < 1 || seconds > SECONDS_MAX || settling < 0 || settling >= 1) {
      throw CommandException.usage(
          "expected 1 to %d seconds and a share of 0 to below 1".formatted(SECONDS_MAX));
    }
    Conditions conditions = Conditions.now();
    output.err().println(conditions.text());
    SoakBenchmark.Result result =
        new SoakBenchmark(
                Duration.ofSeconds(seconds),
                settling,
                platformJvm,
                workerJvm,
                output.err()::println)
            .run();
    output
        .out()
        .println(
            String.format(
                Locale.ROOT,
                "%d requests, %d loads; from %.0f s on %.0f MiB, %+.2f MiB/min, between %.0f and %.0f MiB",
                result.requests(),
                result.loads(),
                result.countedFromS(),
                result.firstRssMib(),
                result.slopeMibPerMin(),
                result.minRssMib(),
                result.maxRssMib()));
    output.out().flush();
    ObjectNode document = (ObjectNode) Documents.of(result);
    document.put("worker_jvm", String.join(" ", workerJvm));
    document.set("conditions", Documents.of(conditions));
    output.writeJson(document);
    return ExitCode.OK;
  }
}
