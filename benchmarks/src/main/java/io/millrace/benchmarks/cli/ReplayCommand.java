package io.millrace.benchmarks.cli;

import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code millrace replay}: runs decisions over recorded traces; its subcommands say which. */
@Command(
    name = "replay",
    mixinStandardHelpOptions = true,
    synopsisSubcommandLabel = "WHAT",
    description = "Run decisions over recorded traces and compare them with others.",
    subcommands = {
      ReplayCacheCommand.class,
      ReplayPlansCommand.class,
      ReplayScalingCommand.class,
      ReplaySelectorCommand.class,
      ReplaySpeculationCommand.class
    })
final class ReplayCommand implements Runnable {

  @Spec private CommandSpec spec;

  @Override
  public void run() {
    throw new ParameterException(
        spec.commandLine(),
        "replay: expected what to replay: " + String.join(", ", spec.subcommands().keySet()));
  }
}
