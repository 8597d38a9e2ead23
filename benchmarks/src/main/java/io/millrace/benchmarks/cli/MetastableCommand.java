package io.millrace.benchmarks.cli;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.millrace.benchmarks.metastable.MetastableDrill;
import io.millrace.benchmarks.metastable.MetastableReport;
import io.millrace.platform.cli.ExitCode;
import io.millrace.platform.cli.OutputOptions;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code millrace drill metastable}: overload that outlives its trigger, in virtual time. */
@Command(
    name = "metastable",
    mixinStandardHelpOptions = true,
    description =
        "Overload a backend in virtual time; see whether it recovers, with controls on and off.")
final class MetastableCommand implements Callable<Integer> {
  @Mixin private OutputOptions output;

  @Option(
      names = "--seed",
      defaultValue = "1",
      description = "Decides every random choice (${DEFAULT-VALUE}).")
  private long seed;

  @Override
  public Integer call() {
    MetastableReport report = new MetastableDrill(output.err()::println).run(seed);
    List<String> violations = report.violations();
    violations.forEach(violation -> output.err().println("violated: " + violation));
    ObjectNode document = (ObjectNode) Documents.of(report);
    document.put("drill", "metastable");
    document.put("ok", violations.isEmpty());
    document.set("violations", Documents.of(violations));
    output.writeJson(document);
    return violations.isEmpty() ? ExitCode.OK : ExitCode.FAILED;
  }
}
