package io.millrace.benchmarks.cli;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.millrace.benchmarks.process.Conditions;
import io.millrace.benchmarks.scaling.ScalingReplay;
import io.millrace.benchmarks.scaling.Trace;
import io.millrace.platform.cli.CommandException;
import io.millrace.platform.cli.ExitCode;
import io.millrace.platform.cli.OutputOptions;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
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

  @Option(
      names = "--speed",
      defaultValue = "1",
      description =
          "How many times as fast the requests of the format azure come (${DEFAULT-VALUE}).")
  private double speed;

  @Option(
      names = "--by-tokens",
      description =
          "Let each request of the format azure take its time in proportion to its ContextTokens;"
              + " --service-ms is then the mean.")
  private boolean byTokens;

  @Option(
      names = "--settings",
      split = ",",
      paramLabel = "RPS/MS/S",
      description =
          "Several settings one after the other, each --replica-rps, --service-ms and"
              + " --start-up-delay: 0.5/500/0,2/500/30; --target-ms, if not given, is twice the"
              + " service time of each.")
  private List<String> settings = List.of();

  /** One of several settings. */
  private record Setting(double rps, double serviceMs, double startUpSeconds) {
    static Setting of(String text) {
      String[] parts = text.split("/", -1);
      try {
        if (parts.length == 3) {
          return new Setting(
              Double.parseDouble(parts[0]),
              Double.parseDouble(parts[1]),
              Double.parseDouble(parts[2]));
        }
      } catch (NumberFormatException e) {
        // said below
      }
      throw CommandException.usage(
          "--settings: expected three numbers such as 0.5/500/30, not '%s'".formatted(text));
    }
  }

  @Override
  public Integer call() {
    List<Setting> several = settings.stream().map(Setting::of).toList();
    List<Setting> all =
        several.isEmpty() ? List.of(new Setting(replicaRps, serviceMs, startUpSeconds)) : several;
    all.forEach(this::check);
    Trace load = read();
    Conditions conditions = Conditions.now();
    if (load.gaps() > 0) {
      output.err().println(load.gaps() + " windows are missing; the rate before them stands in");
    }
    List<ObjectNode> documents = new ArrayList<>();
    for (Setting setting : all) {
      if (all.size() > 1) {
        output
            .out()
            .println(
                "%s/s a replica, %s ms, start-up %s s:"
                    .formatted(setting.rps(), setting.serviceMs(), setting.startUpSeconds()));
      }
      documents.add(replay(load, setting));
    }
    output.out().flush();
    ObjectNode document = documents.get(0);
    if (!several.isEmpty()) {
      document = JsonNodeFactory.instance.objectNode();
      document.putArray("runs").addAll(documents);
    }
    document.set("conditions", Documents.of(conditions));
    output.writeJson(document);
    return ExitCode.OK;
  }

  private double target(Setting setting) {
    return targetMs == null ? 2 * setting.serviceMs() : targetMs;
  }

  private ObjectNode replay(Trace load, Setting setting) {
    ScalingReplay.Settings assumed =
        new ScalingReplay.Settings(
            leadWindows,
            Duration.ofMillis(Math.round(1e3 * setting.startUpSeconds())),
            setting.rps(),
            setting.serviceMs(),
            target(setting),
            quantile,
            Duration.ofSeconds(coolDownSeconds),
            byTokens);
    ScalingReplay.Report report = new ScalingReplay(load, assumed, output.err()::println).run();
    report
        .policies()
        .forEach(
            (name, of) ->
                output
                    .out()
                    .println(
                        String.format(
                            Locale.ROOT,
                            "%-12s cost %s of static peak, %.2f %% of windows short, %.3f %% of"
                                + " requests late, %,.2f replica-hours, %,d changes",
                            name,
                            of.costRatio() == null
                                ? "unknown"
                                : String.format(Locale.ROOT, "%.4f", of.costRatio()),
                            of.windowsShortPct(),
                            of.latePct(),
                            of.replicaHours(),
                            of.scaleEvents())));
    output.out().println("error of the forecasts (WAPE, %): " + report.forecast().get("wape_pct"));
    ObjectNode document = (ObjectNode) Documents.of(report);
    document.put("trace", trace.getFileName().toString());
    document.put("window_s", load.window().toSeconds());
    document.put("target_ms", target(setting));
    document.put("replica_rps", setting.rps());
    document.put("service_ms", setting.serviceMs());
    document.put("start_up_delay_s", setting.startUpSeconds());
    document.put("speed", speed);
    document.put("by_tokens", byTokens);
    return document;
  }

  private void check(Setting setting) {
    double target = target(setting);
    if (leadWindows < 1 || leadWindows > 10_000) {
      throw CommandException.usage("--lead-windows: expected 1 to 10000, not " + leadWindows);
    }
    if (!(setting.startUpSeconds() >= 0 && setting.startUpSeconds() <= START_UP_MAX)) {
      throw CommandException.usage(
          "--start-up-delay: expected 0 to %d seconds, not %s"
              .formatted(START_UP_MAX, setting.startUpSeconds()));
    }
    if (!(setting.rps() > 0 && setting.rps() <= 1e9)
        || !(setting.serviceMs() > 0 && setting.serviceMs() <= 1e9)) {
      throw CommandException.usage(
          "--replica-rps and --service-ms: expected numbers over 0, not %s and %s"
              .formatted(setting.rps(), setting.serviceMs()));
    }
    if (!(target >= setting.serviceMs() && target <= 1e9)) {
      throw CommandException.usage(
          "--target-ms: expected at least the %s ms of --service-ms, not %s"
              .formatted(setting.serviceMs(), target));
    }
    if (!(quantile >= 0.5 && quantile < 1)) {
      throw CommandException.usage("--quantile: expected 0.5 or more, below 1, not " + quantile);
    }
    if (!(speed > 0 && speed <= 1e6)) {
      throw CommandException.usage("--speed: expected more than 0, at most 1e6, not " + speed);
    }
    if (coolDownSeconds < 0 || windowSeconds < 1) {
      throw CommandException.usage(
          "--cool-down-s is 0 or more and --window-s 1 or more, not %d and %d"
              .formatted(coolDownSeconds, windowSeconds));
    }
  }

  private Trace read() {
    return switch (format) {
      case "azure" -> Trace.arrivals(trace, Duration.ofSeconds(windowSeconds), speed);
      case "rate" -> Trace.rates(trace);
      default ->
          throw CommandException.usage(
              "--format: expected azure or rate, not '%s'".formatted(format));
    };
  }
}
