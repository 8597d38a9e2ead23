package io.millrace.benchmarks.cli;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.millrace.benchmarks.burst.BurstDrill;
import io.millrace.benchmarks.process.Conditions;
import io.millrace.platform.cli.CommandException;
import io.millrace.platform.cli.ExitCode;
import io.millrace.platform.cli.OutputOptions;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code millrace drill burst}: a pool of workers grows and shrinks under a burst. */
@Command(
    name = "burst",
    mixinStandardHelpOptions = true,
    description = "Send ten times the load for a while; workers follow; count what is lost.")
final class BurstCommand implements Callable<Integer> {
  private static final int SECONDS_MIN = 15;
  private static final int SECONDS_MAX = 120;

  @Mixin private OutputOptions output;

  @Option(
      names = "--before-s",
      defaultValue = "45",
      description = "Seconds of even load before the burst (${DEFAULT-VALUE}).")
  private int beforeSeconds;

  @Option(
      names = "--burst-s",
      defaultValue = "60",
      description = "Seconds that the burst lasts (${DEFAULT-VALUE}).")
  private int burstSeconds;

  @Override
  public Integer call() {
    if (Math.min(beforeSeconds, burstSeconds) < SECONDS_MIN
        || Math.max(beforeSeconds, burstSeconds) > SECONDS_MAX) {
      throw CommandException.usage(
          "--before-s and --burst-s: expected %d to %d, not %d and %d"
              .formatted(SECONDS_MIN, SECONDS_MAX, beforeSeconds, burstSeconds));
    }
    Conditions conditions = Conditions.now();
    output.err().println(conditions.text());
    BurstDrill.Report report =
        new BurstDrill(beforeSeconds, burstSeconds, output.err()::println).run();
    ObjectNode document = (ObjectNode) Documents.of(report);
    document.properties().forEach(f -> output.out().println(f.getKey() + "  " + f.getValue()));
    output.out().flush();
    boolean ok = report.lost() == 0 && report.failed() == 0 && report.wakeMs() >= 0;
    document.put("drill", "burst");
    document.put("ok", ok);
    document.set("conditions", Documents.of(conditions));
    output.writeJson(document);
    return ok ? ExitCode.OK : ExitCode.FAILED;
  }
}
