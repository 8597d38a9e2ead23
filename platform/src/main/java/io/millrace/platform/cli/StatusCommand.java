package io.millrace.platform.cli;

import io.millrace.schemas.topics.Topics;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/**
 * {@code millrace status}: targets with health and circuits, workers, scaled pools, what was used
 * today, what should be set differently, and how far groups lag.
 */
@Command(
    name = "status",
    mixinStandardHelpOptions = true,
    description =
        "Show targets, their health and circuits, workers, scaled pools, usage, advice, and the lag"
            + " of groups.")
final class StatusCommand implements Callable<Integer> {
  /** A day's window was written since then, if it was added to today. */
  private static final Duration USED_SINCE = Duration.ofHours(25);

  @Mixin private ConnectionOptions connection;
  @Mixin private OutputOptions output;

  @Override
  public Integer call() {
    try (Cluster cluster = connection.connect();
        Progress progress = new Progress(output)) {
      TableReader reader = new TableReader(cluster, progress);
      StatusReport report =
          new StatusReport(
              cluster.addresses(),
              reader.read(Topics.TARGETS),
              reader.read(Topics.HEALTH_STATUS),
              reader.read(Topics.WORKERS),
              reader.read(Topics.SCALING_DECISIONS),
              reader.read(Topics.USAGE_WINDOWS, Instant.now().minus(USED_SINCE)),
              GroupLag.ofAll(cluster),
              reader.undecodable());
      progress.close();
      Instant now = Instant.now();
      report.print(output.out(), output.ansi(), output.terminal().width(), now);
      output.writeJson(report.json(now));
    }
    return ExitCode.OK;
  }
}
