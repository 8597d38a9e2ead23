package io.millrace.benchmarks.cli;

import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code millrace replay}: runs decisions over recorded loads; its subcommands say which. */
@Command(
    name = "replay",
    mixinStandardHelpOptions = true,
    synopsisSubcommandLabel = "WHAT",
    description = "Run the classes that decide over recorded loads, in virtual time.",
    subcommands = {ReplayScalingCommand.class})
final class ReplayCommand implements Runnable {

  @Spec private CommandSpec spec;

  @Override
  public void run() {
    throw new ParameterException(
        spec.commandLine(),
        "replay: expected what to replay: " + String.join(", ", spec.subcommands().keySet()));
  }
}
