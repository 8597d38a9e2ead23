package io.millrace.benchmarks.cli;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.millrace.benchmarks.process.Conditions;
import io.millrace.benchmarks.selector.SelectorReplay;
import io.millrace.platform.cli.CommandException;
import io.millrace.platform.cli.ExitCode;
import io.millrace.platform.cli.OutputOptions;
import io.millrace.topologies.selector.logic.SelectorPolicy;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/**
 * {@code millrace replay selector}: the choice among four models for five classes of inputs, in a
 * world drawn from a seed, with one drift. What the world is like is said at {@code SyntheticWorld}
 * and in docs/benchmarks.md; what the choice learns from is what it would see in production.
 */
@Command(
    name = "selector",
    mixinStandardHelpOptions = true,
    description =
        "Choose among four models for five classes of inputs in a world drawn from a seed; compare"
            + " with simpler rules and hindsight.")
final class ReplaySelectorCommand implements Callable<Integer> {
  private static final long REQUESTS_MAX = 20_000_000;

  @Mixin private OutputOptions output;

  @Option(names = "--seed", defaultValue = "1", description = "Of the world (${DEFAULT-VALUE}).")
  private long seed;

  @Option(
      names = "--requests",
      defaultValue = "500000",
      description = "How many requests (${DEFAULT-VALUE}: a day at 6 a second).")
  private long requests;

  @Option(
      names = "--feedback",
      defaultValue = "0",
      paramLabel = "SHARE",
      description = "Share of answers that clients give feedback on (${DEFAULT-VALUE}).")
  private double feedback;

  @Option(
      names = "--near-target",
      description = "Draw agreement as close to the target as it happens to be.")
  private boolean nearTarget;

  @Override
  public Integer call() {
    if (requests < 1 || requests > REQUESTS_MAX || !(feedback >= 0 && feedback <= 1)) {
      throw CommandException.usage(
          "--requests is 1 to %d and --feedback 0 to 1, not %d and %s"
              .formatted(REQUESTS_MAX, requests, feedback));
    }
    SelectorReplay.Settings settings =
        new SelectorReplay.Settings(
            seed, requests, feedback, nearTarget, SelectorPolicy.defaults());
    SelectorReplay.Report report = new SelectorReplay(settings, output.err()::println).run();
    report
        .policies()
        .forEach(
            (name, of) ->
                output
                    .out()
                    .println(
                        String.format(
                            Locale.ROOT,
                            "%-16s cost %.3f of the best fixed, %.3f of the best of each phase;"
                                + " %.3f %% of requests below quality, %.3f %% too slow, %.2f %%"
                                + " explored",
                            name,
                            of.costRatio(),
                            of.costRatioOfPhases(),
                            of.qualityViolationsPct(),
                            of.latencyViolationsPct(),
                            of.explorationPct())));
    output.out().println("drift at request %d: %s".formatted(report.driftAt(), report.drift()));
    output.out().flush();
    ObjectNode document = (ObjectNode) Documents.of(report);
    SelectorReplay.Outcome own = report.policies().get("selector");
    if (own != null) {
      document.put("cost_ratio", own.costRatio());
      document.put("quality_violations_pct", own.qualityViolationsPct());
      document.put("exploration_pct", own.explorationPct());
    }
    document.put("seed", seed);
    document.put("requests", requests);
    document.put("feedback_share", feedback);
    document.put("near_target", nearTarget);
    document.set("conditions", Documents.of(Conditions.now()));
    output.writeJson(document);
    return ExitCode.OK;
  }
}
