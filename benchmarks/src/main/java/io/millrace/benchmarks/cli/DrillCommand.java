package io.millrace.benchmarks.cli;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.millrace.benchmarks.drill.Drill;
import io.millrace.benchmarks.drill.DrillReport;
import io.millrace.benchmarks.process.Conditions;
import io.millrace.platform.cli.CommandException;
import io.millrace.platform.cli.ExitCode;
import io.millrace.platform.cli.OutputOptions;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code millrace drill}: kills processes under load and counts what is lost or done twice. */
@Command(
    name = "drill",
    mixinStandardHelpOptions = true,
    description = "Kill processes under load; count what is lost, repeated or done twice.",
    subcommands = {
      BurstCommand.class,
      InferenceKillCommand.class,
      MetastableCommand.class,
      PatternsCommand.class
    })
final class DrillCommand implements Callable<Integer> {
  private static final int IN_FLIGHT_MIN = 64;
  private static final int CALLS_MIN = 1_000;

  @Mixin private OutputOptions output;

  @Parameters(
      paramLabel = "NAME",
      arity = "0..1",
      description = "worker-kill, platform-kill or restart; or one of the commands below.")
  private @Nullable String name;

  @Option(
      names = "--calls",
      defaultValue = "10000",
      description = "How many calls are made (${DEFAULT-VALUE}).")
  private int calls;

  @Option(
      names = "--in-flight",
      defaultValue = "96",
      description = "How many are kept in flight (${DEFAULT-VALUE}).")
  private int inFlight;

  @Override
  public Integer call() {
    Drill.Kind kind = kind();
    if (inFlight < IN_FLIGHT_MIN || calls < CALLS_MIN) {
      throw CommandException.usage(
          "expected --in-flight of at least %d and --calls of at least %d, but %d and %d are given"
              .formatted(IN_FLIGHT_MIN, CALLS_MIN, inFlight, calls));
    }
    Conditions conditions = Conditions.now();
    output.err().println(conditions.text());
    DrillReport report = new Drill(kind, output.err()::println).run(calls, inFlight);
    List<String> violations = report.violations();
    ObjectNode document = (ObjectNode) Documents.of(report);
    document.properties().forEach(f -> output.out().println(f.getKey() + "  " + f.getValue()));
    output.out().flush();
    violations.forEach(violation -> output.err().println("violated: " + violation));
    document.put("drill", name);
    document.put("ok", violations.isEmpty());
    document.set("violations", Documents.of(violations));
    document.set("conditions", Documents.of(conditions));
    output.writeJson(document);
    return violations.isEmpty() ? ExitCode.OK : ExitCode.FAILED;
  }

  private Drill.Kind kind() {
    if (name == null) {
      throw CommandException.usage(
          "drill: expected NAME: worker-kill, platform-kill, restart or a command");
    }
    return Arrays.stream(Drill.Kind.values())
        .filter(k -> k.name().toLowerCase(Locale.ROOT).replace('_', '-').equals(name))
        .findFirst()
        .orElseThrow(
            () ->
                CommandException.usage(
                    "NAME: expected worker-kill, platform-kill, restart, burst, metastable or patterns, but '%s' is given"
                        .formatted(name)));
  }
}
