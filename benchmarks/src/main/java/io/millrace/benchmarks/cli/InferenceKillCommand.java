package io.millrace.benchmarks.cli;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.millrace.benchmarks.drill.InferenceKill;
import io.millrace.benchmarks.drill.InferenceKillReport;
import io.millrace.benchmarks.process.Conditions;
import io.millrace.platform.cli.CommandException;
import io.millrace.platform.cli.ExitCode;
import io.millrace.platform.cli.OutputOptions;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code millrace drill inference-kill}: kills workers that serve models. */
@Command(
    name = "inference-kill",
    mixinStandardHelpOptions = true,
    description = "Kill one of two inference workers again and again; count what is lost or wrong.")
final class InferenceKillCommand implements Callable<Integer> {
  private static final int IN_FLIGHT_MAX = 1024;
  private static final int CALLS_MIN = 500;

  @Mixin private OutputOptions output;

  @Option(
      names = "--calls",
      defaultValue = "10000",
      description = "How many requests are made (${DEFAULT-VALUE}).")
  private int calls;

  @Option(
      names = "--in-flight",
      defaultValue = "64",
      description = "How many are kept in flight (${DEFAULT-VALUE}).")
  private int inFlight;

  @Option(
      names = "--sequences",
      description =
          "Ask a model that keeps state; --in-flight is how many sequences there are at a time.")
  private boolean sequences;

  @Override
  public Integer call() {
    if (inFlight < 1 || inFlight > IN_FLIGHT_MAX || calls < CALLS_MIN) {
      throw CommandException.usage(
          "expected --in-flight of 1 to %d and --calls of at least %d, but %d and %d are given"
              .formatted(IN_FLIGHT_MAX, CALLS_MIN, inFlight, calls));
    }
    Conditions conditions = Conditions.now();
    output.err().println(conditions.text());
    InferenceKill drill = new InferenceKill(output.err()::println);
    InferenceKillReport report =
        sequences ? drill.runSequences(calls, inFlight) : drill.run(calls, inFlight);
    List<String> violations = report.violations();
    ObjectNode document = (ObjectNode) Documents.of(report);
    document.properties().forEach(f -> output.out().println(f.getKey() + "  " + f.getValue()));
    output.out().flush();
    violations.forEach(violation -> output.err().println("violated: " + violation));
    document.put("drill", "inference-kill");
    document.put("held", violations.isEmpty());
    document.set("violations", Documents.of(violations));
    document.set("conditions", Documents.of(conditions));
    output.writeJson(document);
    return violations.isEmpty() ? ExitCode.OK : ExitCode.FAILED;
  }
}
