package io.millrace.platform.cli;

import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.util.ServiceLoader;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Help;

/** The command {@code millrace}: its subcommands do the work. */
@Command(
    name = "millrace",
    synopsisSubcommandLabel = "COMMAND",
    mixinStandardHelpOptions = true,
    versionProvider = VersionCommand.class,
    description = "Event streaming for AI operations on Apache Kafka.",
    footer = {
      "",
      "Exit codes: 0 done, 1 failed, 2 not understood, 3 not reached.",
      "Start with: millrace up, then millrace doctor, or see it work with millrace demo."
    },
    subcommands = {
      DemoCommand.class,
      UpCommand.class,
      ApplyCommand.class,
      CallCommand.class,
      PlanCommand.class,
      InferCommand.class,
      ProduceCommand.class,
      ConsumeCommand.class,
      StatusCommand.class,
      DoctorCommand.class,
      ProvisionCommand.class,
      PackageCommand.class,
      VersionCommand.class
    })
public final class Millrace {

  Millrace() {}

  /**
   * Runs one command and exits with its code.
   *
   * @param arguments as the user wrote them
   */
  public static void main(String[] arguments) {
    LogSettings.apply(arguments);
    PrintWriter out = new PrintWriter(System.out, true, StandardCharsets.UTF_8);
    PrintWriter err = new PrintWriter(System.err, true, StandardCharsets.UTF_8);
    int code = commandLine(out, err, Terminal.ofProcess()).execute(arguments);
    out.flush();
    err.flush();
    System.exit(code);
  }

  /**
   * The whole command line, ready to execute.
   *
   * @param out where results go
   * @param err where errors and progress go
   * @param terminal what may be done to them
   */
  public static CommandLine commandLine(PrintWriter out, PrintWriter err, Terminal terminal) {
    CommandLine line = new CommandLine(new Millrace());
    for (CommandProvider provider : ServiceLoader.load(CommandProvider.class)) {
      for (Object command : provider.commands()) {
        line.addSubcommand(command);
      }
    }
    line.setOut(out);
    line.setErr(err);
    line.setColorScheme(
        Help.defaultColorScheme(terminal.outColour() ? Help.Ansi.ON : Help.Ansi.OFF));
    line.setUsageHelpWidth(terminal.width());
    line.registerConverter(java.time.Duration.class, new DurationConverter());
    line.setCaseInsensitiveEnumValuesAllowed(true);
    // Arguments of tools may begin with @.
    line.setExpandAtFiles(false);
    line.setParameterExceptionHandler(ErrorReport::usage);
    line.setExecutionExceptionHandler(ErrorReport::failure);
    line.getSubcommands()
        .values()
        .forEach(
            sub ->
                OutputOptions.of(sub.getCommandSpec())
                    .ifPresent(options -> options.attach(terminal)));
    return line;
  }
}
