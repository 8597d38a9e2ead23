package io.millrace.benchmarks.cli;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.millrace.benchmarks.patterns.PatternsDrill;
import io.millrace.benchmarks.process.Conditions;
import io.millrace.platform.cli.CommandException;
import io.millrace.platform.cli.ExitCode;
import io.millrace.platform.cli.OutputOptions;
import io.millrace.schemas.serde.AvroSafety;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code millrace drill patterns}: failures put into simulated fleets, and what is named. */
@Command(
    name = "patterns",
    mixinStandardHelpOptions = true,
    description = "Inject failures into fleets in virtual time; score the patterns that are named.")
final class PatternsCommand implements Callable<Integer> {
  private static final double MACRO_F1_MIN = 0.95;

  @Mixin private OutputOptions output;

  @Option(
      names = "--seed",
      defaultValue = "1",
      description = "What everything random is made from (${DEFAULT-VALUE}).")
  private long seed;

  @Option(
      names = "--fleets",
      defaultValue = "16",
      description = "Fleets with failures, half as many are quiet (${DEFAULT-VALUE}).")
  private int fleets;

  @Override
  public Integer call() {
    if (fleets < 1 || fleets > 1_000) {
      throw CommandException.usage(
          "--fleets: expected 1 to 1000, but %d is given".formatted(fleets));
    }
    AvroSafety.establish();
    Conditions conditions = Conditions.now();
    output.err().println(conditions.text());
    PatternsDrill.Report report =
        new PatternsDrill(
                line -> {
                  output.err().println(line);
                  output.err().flush();
                })
            .run(seed, fleets);
    boolean ok = report.macroF1() >= MACRO_F1_MIN && report.quietHourAlerts() == 0;
    report
        .perPattern()
        .forEach(
            (pattern, figures) ->
                output
                    .out()
                    .println(
                        String.format(
                            Locale.ROOT,
                            "%-17s precision %.3f, recall %.3f, F1 %.3f, named after %.0f s",
                            pattern,
                            figures.precision(),
                            figures.recall(),
                            figures.f1(),
                            figures.delayP50S())));
    output
        .out()
        .println(
            String.format(
                Locale.ROOT,
                "macro-F1 %.4f; %d alerts in %.0f quiet hours of targets",
                report.macroF1(),
                report.quietHourAlerts(),
                report.quietTargetHours()));
    output.out().flush();
    ObjectNode document = (ObjectNode) Documents.of(report);
    document.put("drill", "patterns");
    document.put("seed", seed);
    document.put("ok", ok);
    document.set("conditions", Documents.of(conditions));
    output.writeJson(document);
    return ok ? ExitCode.OK : ExitCode.FAILED;
  }
}
