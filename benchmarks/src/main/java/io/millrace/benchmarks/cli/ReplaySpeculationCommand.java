package io.millrace.benchmarks.cli;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.millrace.benchmarks.process.Conditions;
import io.millrace.benchmarks.speculation.SpeculationReplay;
import io.millrace.platform.cli.CommandException;
import io.millrace.platform.cli.ExitCode;
import io.millrace.platform.cli.OutputOptions;
import io.millrace.topologies.speculation.logic.SpeculationPolicy;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.regex.Pattern;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code millrace replay speculation}: reads made ahead in recorded conversations of agents. */
@Command(
    name = "speculation",
    mixinStandardHelpOptions = true,
    description =
        "Replay an agent's conversations; say how much waiting for reads speculation hides.")
final class ReplaySpeculationCommand implements Callable<Integer> {

  @Mixin private OutputOptions output;

  @Option(
      names = "--trajectories",
      required = true,
      description = "Conversations as tau-bench records them: a JSON array of 'task_id', 'traj'.")
  private Path trajectories;

  @Option(
      names = "--read-only",
      split = ",",
      defaultValue = "get_*,search_*,list_*,find_*,calculate,think",
      description = "Tools declared to have no effect; * stands for any end (${DEFAULT-VALUE}).")
  private List<String> readOnly;

  @Option(names = "--seed", defaultValue = "1", description = "Of the times (${DEFAULT-VALUE}).")
  private long seed;

  @Option(
      names = "--least-probability",
      description = "Below which no call is made ahead (as in production).")
  private Double leastProbability;

  @Override
  public Integer call() {
    SpeculationPolicy usual = SpeculationPolicy.defaults();
    double least = leastProbability == null ? usual.leastProbability() : leastProbability;
    if (!(least >= 0 && least <= 1)) {
      throw CommandException.usage(
          "--least-probability: expected 0 to 1, but " + least + " is given");
    }
    SpeculationPolicy policy =
        new SpeculationPolicy(
            least,
            usual.wasteShare(),
            usual.wasteBurst(),
            usual.conversationsMax(),
            usual.idle(),
            usual.tenantsMax());
    List<Pattern> patterns = readOnly.stream().map(ReplaySpeculationCommand::pattern).toList();
    SpeculationReplay.Result result =
        new SpeculationReplay(
                new SpeculationReplay.Settings(
                    trajectories,
                    tool -> patterns.stream().anyMatch(p -> p.matcher(tool).matches()),
                    seed,
                    policy),
                output.err()::println)
            .run();
    output.out().println(SpeculationReplay.text(result));
    output.out().flush();
    ObjectNode document = (ObjectNode) Documents.of(result);
    document.put("read_only", String.join(",", readOnly));
    document.put("seed", seed);
    document.put("least_probability", least);
    document.put("waste_share_max", policy.wasteShare());
    document.set("conditions", Documents.of(Conditions.now()));
    output.writeJson(document);
    return ExitCode.OK;
  }

  private static Pattern pattern(String name) {
    return Pattern.compile(
        name.endsWith("*")
            ? Pattern.quote(name.substring(0, name.length() - 1)) + ".*"
            : Pattern.quote(name));
  }
}
