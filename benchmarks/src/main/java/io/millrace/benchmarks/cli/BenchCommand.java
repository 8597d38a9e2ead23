package io.millrace.benchmarks.cli;

import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code millrace bench}: measures; its subcommands say what. */
@Command(
    name = "bench",
    mixinStandardHelpOptions = true,
    synopsisSubcommandLabel = "WHAT",
    description = "Measure what the platform does in processes of its own on this machine.",
    subcommands = {
      RequestsCommand.class,
      DecisionsCommand.class,
      InferenceCommand.class,
      SoakCommand.class
    })
final class BenchCommand implements Runnable {

  @Spec private CommandSpec spec;

  @Override
  public void run() {
    throw new ParameterException(
        spec.commandLine(),
        "bench: expected what to measure: " + String.join(", ", spec.subcommands().keySet()));
  }
}
