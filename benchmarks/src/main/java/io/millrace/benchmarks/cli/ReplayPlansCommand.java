package io.millrace.benchmarks.cli;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.millrace.benchmarks.plans.PlansReplay;
import io.millrace.benchmarks.process.Conditions;
import io.millrace.platform.cli.CommandException;
import io.millrace.platform.cli.ExitCode;
import io.millrace.platform.cli.OutputOptions;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code millrace replay plans}: the plans of a data set against their critical paths. */
@Command(
    name = "plans",
    mixinStandardHelpOptions = true,
    description =
        "Run the plans of a file, one in flight, with a tool that takes 20 to 500 ms a call.")
final class ReplayPlansCommand implements Callable<Integer> {

  @Mixin private OutputOptions output;

  @Mixin
  private JvmOptions jvms =
      new JvmOptions(
          List.of("-XX:+UseSerialGC", "-Xmx2g"), List.of("-XX:+UseSerialGC", "-Xmx512m"));

  @Option(
      names = "--file",
      required = true,
      description =
          "Plans: expected answers of BFCL (JSON lines with 'ground_truth') or questions of"
              + " LLMCompiler (a JSON array with 'branch').")
  private Path file;

  @Option(names = "--seed", defaultValue = "1", description = "Of the times (${DEFAULT-VALUE}).")
  private long seed;

  @Option(
      names = "--warmup-s",
      defaultValue = "30",
      description = "Seconds of plans that are not measured (${DEFAULT-VALUE}).")
  private int warmUpSeconds;

  @Override
  public Integer call() {
    if (warmUpSeconds < 0) {
      throw CommandException.usage(
          "--warmup-s: expected 0 or more, but " + warmUpSeconds + " is given");
    }
    Conditions conditions = Conditions.now();
    output.err().println(conditions.text());
    PlansReplay.Result result =
        new PlansReplay(
                new PlansReplay.Settings(
                    file, seed, Duration.ofSeconds(warmUpSeconds), jvms.platform(), jvms.worker()),
                output.err()::println)
            .run();
    output.out().println(PlansReplay.text(result));
    output.out().flush();
    ObjectNode document = (ObjectNode) Documents.of(result);
    document.put("file", String.valueOf(file.getFileName()));
    document.put("seed", seed);
    document.put("warmup_s", warmUpSeconds);
    jvms.describe(document);
    document.set("conditions", Documents.of(conditions));
    output.writeJson(document);
    return ExitCode.OK;
  }
}
