package io.millrace.benchmarks.cli;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.millrace.benchmarks.process.Conditions;
import io.millrace.benchmarks.scaling.ScalingReplay;
import io.millrace.benchmarks.scaling.Trace;
import io.millrace.platform.cli.CommandException;
import io.millrace.platform.cli.ExitCode;
import io.millrace.platform.cli.OutputOptions;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Locale;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code millrace replay scaling}: how many replicas a recorded load would have had. */
@Command(
    name = "scaling",
    mixinStandardHelpOptions = true,
    description = "Scale a pool over a recorded load; compare with simpler rules and hindsight.")
final class ReplayScalingCommand implements Callable<Integer> {
  private static final int START_UP_MAX = 86_400;

  @Mixin private OutputOptions output;

  @Option(names = "--trace", required = true, paramLabel = "FILE", description = "The load.")
  private Path trace;

  @Option(
      names = "--format",
      required = true,
      description =
          "azure (TIMESTAMP,ContextTokens,GeneratedTokens) or rate"
              + " (window_start_s,requests_per_second).")
  private String format;

  @Option(
      names = "--lead-windows",
      defaultValue = "1",
      description = "How many windows ahead a decision serves at the earliest (${DEFAULT-VALUE}).")
  private int leadWindows;

  @Option(
      names = "--start-up-delay",
      defaultValue = "0",
      paramLabel = "S",
      description =
          "Seconds until a new replica serves; whole windows of it add to the lead"
              + " (${DEFAULT-VALUE}).")
  private double startUpSeconds;

  @Option(
      names = "--replica-rps",
      defaultValue = "10",
      description = "Requests per second that a replica can serve (${DEFAULT-VALUE}).")
  private double replicaRps;

  @Option(
      names = "--service-ms",
      defaultValue = "100",
      description = "Time that a request takes, milliseconds (${DEFAULT-VALUE}).")
  private double serviceMs;

  @Option(
      names = "--target-ms",
      description = "Latency that is aimed at, milliseconds (twice the service time).")
  private @Nullable Double targetMs;

  @Option(
      names = "--quantile",
      defaultValue = "0.95",
      description = "Quantile of the latency that is to meet it (${DEFAULT-VALUE}).")
  private double quantile;

  @Option(
      names = "--cool-down-s",
      defaultValue = "300",
      description = "Longest that fewer replicas are put off, seconds (${DEFAULT-VALUE}).")
  private int coolDownSeconds;

  @Option(
      names = "--window-s",
      defaultValue = "10",
      description = "Length of a window of the format azure, seconds (${DEFAULT-VALUE}).")
  private int windowSeconds;

  @Override
  public Integer call() {
    double target = targetMs == null ? 2 * serviceMs : targetMs;
    check(target);
    Trace load = read();
    Conditions conditions = Conditions.now();
    ScalingReplay.Settings settings =
        new ScalingReplay.Settings(
            leadWindows,
            Duration.ofMillis(Math.round(1e3 * startUpSeconds)),
            replicaRps,
            serviceMs,
            target,
            quantile,
            Duration.ofSeconds(coolDownSeconds));
    if (load.gaps() > 0) {
      output.err().println(load.gaps() + " windows are missing; the rate before them stands in");
    }
    ScalingReplay.Report report = new ScalingReplay(load, settings, output.err()::println).run();
    report
        .policies()
        .forEach(
            (name, of) ->
                output
                    .out()
                    .println(
                        String.format(
                            Locale.ROOT,
                            "%-12s cost %.4f of static peak, %.2f %% of windows short, %.3f %% of"
                                + " requests late, %,.2f replica-hours, %,d changes",
                            name,
                            of.costRatio(),
                            of.windowsShortPct(),
                            of.latePct(),
                            of.replicaHours(),
                            of.scaleEvents())));
    output.out().println("error of the forecasts (WAPE, %): " + report.forecast().get("wape_pct"));
    output.out().flush();
    ObjectNode document = (ObjectNode) Documents.of(report);
    document.put("trace", trace.getFileName().toString());
    document.put("window_s", load.window().toSeconds());
    document.put("target_ms", target);
    document.put("replica_rps", replicaRps);
    document.put("service_ms", serviceMs);
    document.put("start_up_delay_s", startUpSeconds);
    document.set("conditions", Documents.of(conditions));
    output.writeJson(document);
    return ExitCode.OK;
  }

  private void check(double target) {
    if (leadWindows < 1 || leadWindows > 10_000) {
      throw CommandException.usage("--lead-windows: expected 1 to 10000, not " + leadWindows);
    }
    if (!(startUpSeconds >= 0 && startUpSeconds <= START_UP_MAX)) {
      throw CommandException.usage(
          "--start-up-delay: expected 0 to %d seconds, not %s"
              .formatted(START_UP_MAX, startUpSeconds));
    }
    if (!(replicaRps > 0 && replicaRps <= 1e9) || !(serviceMs > 0 && serviceMs <= 1e9)) {
      throw CommandException.usage(
          "--replica-rps and --service-ms: expected numbers over 0, not %s and %s"
              .formatted(replicaRps, serviceMs));
    }
    if (!(target >= serviceMs && target <= 1e9)) {
      throw CommandException.usage(
          "--target-ms: expected at least the %s ms of --service-ms, not %s"
              .formatted(serviceMs, target));
    }
    if (!(quantile >= 0.5 && quantile < 1)) {
      throw CommandException.usage("--quantile: expected 0.5 or more, below 1, not " + quantile);
    }
    if (coolDownSeconds < 0 || windowSeconds < 1) {
      throw CommandException.usage(
          "--cool-down-s is 0 or more and --window-s 1 or more, not %d and %d"
              .formatted(coolDownSeconds, windowSeconds));
    }
  }

  private Trace read() {
    return switch (format) {
      case "azure" -> Trace.arrivals(trace, Duration.ofSeconds(windowSeconds));
      case "rate" -> Trace.rates(trace);
      default ->
          throw CommandException.usage(
              "--format: expected azure or rate, not '%s'".formatted(format));
    };
  }
}
