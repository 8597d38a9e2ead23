package io.millrace.benchmarks.cli;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.millrace.benchmarks.decisions.DecisionsBenchmark;
import io.millrace.benchmarks.process.Conditions;
import io.millrace.platform.cli.CommandException;
import io.millrace.platform.cli.ExitCode;
import io.millrace.platform.cli.OutputOptions;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code millrace bench decisions}: reports of outsiders through health, against a consumer. */
@Command(
    name = "decisions",
    mixinStandardHelpOptions = true,
    description = "Count reported tool results in health, against a consumer that only decodes.")
final class DecisionsCommand implements Callable<Integer> {

  @Mixin private OutputOptions output;

  @Option(
      names = "--records",
      defaultValue = "2000000",
      description = "Tool results that are measured (${DEFAULT-VALUE}).")
  private int records;

  @Option(
      names = "--warmup-records",
      defaultValue = "1000000",
      description = "Tool results before them (${DEFAULT-VALUE}).")
  private int warmUpRecords;

  @Option(
      names = "--ledger",
      description =
          "Let the ledger count usage in the process of health as well, as `up` does; its CPU then"
              + " counts.")
  private boolean ledger;

  @Option(
      names = "--jvm",
      split = " ",
      defaultValue = "-XX:+UseSerialGC -Xmx1g",
      description = "Options of the JVMs of both consumers (${DEFAULT-VALUE}).")
  private List<String> jvm;

  @Override
  public Integer call() {
    if (records <= 0 || warmUpRecords <= 0) {
      throw CommandException.usage("--records and --warmup-records: expected numbers over 0");
    }
    Conditions conditions = Conditions.now();
    output.err().println(conditions.text());
    DecisionsBenchmark.Result result =
        new DecisionsBenchmark(records, warmUpRecords, ledger, jvm, output.err()::println).run();
    output
        .out()
        .println(
            String.format(
                Locale.ROOT,
                "health %,.0f records/s, %,.0f a CPU second; bare consumer %,.0f a CPU second;"
                    + " ratio %.2f",
                result.recordsPerS(),
                result.recordsPerCpuS(),
                result.rawRecordsPerCpuS(),
                result.ratio()));
    output.out().flush();
    ObjectNode document = (ObjectNode) Documents.of(result);
    document.put("warmup_records", warmUpRecords);
    document.put("ledger", ledger);
    document.put("jvm", String.join(" ", jvm));
    document.set("conditions", Documents.of(conditions));
    output.writeJson(document);
    return ExitCode.OK;
  }
}
