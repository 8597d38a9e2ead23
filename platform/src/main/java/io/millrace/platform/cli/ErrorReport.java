package io.millrace.platform.cli;

import io.millrace.platform.apply.InvalidDocumentException;
import io.millrace.platform.apply.Problem;
import io.millrace.schemas.serde.RegistryException;
import java.io.PrintWriter;
import java.util.List;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.errors.InterruptException;
import org.apache.kafka.common.errors.TimeoutException;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Help;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParseResult;
import picocli.CommandLine.UnmatchedArgumentException;

/** Tells the user what went wrong, one line for each thing, and chooses the exit code. */
final class ErrorReport {
  private static final int LINE_CHARS_MAX = 2_000;

  private ErrorReport() {}

  /** A command line that cannot be understood. */
  static int usage(ParameterException e, String[] arguments) {
    CommandLine line = e.getCommandLine();
    PrintWriter err = line.getErr();
    List<String> similar =
        e instanceof UnmatchedArgumentException unmatched ? unmatched.getSuggestions() : List.of();
    String hint = similar.isEmpty() ? "" : "; did you mean " + String.join(" or ", similar) + "?";
    String message = firstLine(e.getMessage()) + hint;
    print(line, message);
    err.println("See: " + line.getCommandSpec().qualifiedName() + " --help");
    if (wantsJsonOnOutput(arguments)) {
      // The options may not have been read yet when the one was met that was not understood.
      line.getOut().print(OutputOptions.failure(ExitCode.USAGE, message));
      line.getOut().flush();
    }
    return ExitCode.USAGE;
  }

  private static boolean wantsJsonOnOutput(String... arguments) {
    List<String> given = List.of(arguments);
    int at = given.indexOf("--json");
    return given.contains("--json=-")
        || (at >= 0 && at + 1 < given.size() && given.get(at + 1).equals("-"));
  }

  /** A command that threw. */
  static int failure(Exception thrown, CommandLine line, ParseResult result) {
    Throwable e = unwrap(thrown);
    boolean verbose = result.hasMatchedOption("--verbose") || hasVerbose(result);
    Fault fault = fault(e);
    fault.messages().forEach(message -> print(line, message));
    OutputOptions.of(line.getCommandSpec())
        .ifPresent(
            output -> output.writeFailure(fault.code(), String.join("\n", fault.messages())));
    if (verbose) {
      thrown.printStackTrace(line.getErr());
    }
    return fault.code();
  }

  private record Fault(int code, List<String> messages) {
    Fault(int code, @Nullable String message) {
      this(code, List.of(String.valueOf(message)));
    }
  }

  private static Fault fault(Throwable e) {
    if (e instanceof CommandException command) {
      return new Fault(command.exitCode(), command.getMessage());
    }
    if (e instanceof InvalidDocumentException invalid) {
      return new Fault(ExitCode.USAGE, invalid.problems().stream().map(Problem::toString).toList());
    }
    if (e instanceof InterruptedException || e instanceof InterruptException) {
      return new Fault(ExitCode.FAILED, "interrupted");
    }
    if (e instanceof RegistryException registry) {
      return registry.away()
          ? new Fault(
              ExitCode.UNREACHABLE,
              registry.getMessage() + "; is it running? --registry URL names another")
          : new Fault(ExitCode.FAILED, registry.getMessage());
    }
    if (e instanceof TimeoutException) {
      return new Fault(
          ExitCode.UNREACHABLE,
          "the broker did not answer in time: "
              + firstLine(e.getMessage())
              + "; 'millrace doctor' looks into it");
    }
    String said = e.getMessage() == null ? e.getClass().getSimpleName() : firstLine(e.getMessage());
    boolean known =
        e instanceof KafkaException
            || e.getClass().getName().startsWith("io.millrace.")
            || said.startsWith(e.getClass().getSimpleName());
    return new Fault(ExitCode.FAILED, known ? said : e.getClass().getSimpleName() + ": " + said);
  }

  private static Throwable unwrap(Throwable thrown) {
    Throwable e = thrown;
    while ((e instanceof ExecutionException || e instanceof CompletionException)
        && e.getCause() != null) {
      e = e.getCause();
    }
    return e;
  }

  private static boolean hasVerbose(ParseResult result) {
    return result.hasSubcommand() && result.subcommand().hasMatchedOption("--verbose");
  }

  private static void print(CommandLine line, @Nullable String message) {
    Help.Ansi ansi = line.getColorScheme().ansi();
    line.getErr().println(ansi.string("@|bold,red millrace:|@ ") + message);
  }

  private static String firstLine(@Nullable String message) {
    String line = message == null ? "" : message.lines().findFirst().orElse("");
    return line.length() <= LINE_CHARS_MAX ? line : line.substring(0, LINE_CHARS_MAX) + "…";
  }
}
