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

  private ErrorReport() {}

  /** A command line that cannot be understood. */
  static int usage(ParameterException e, String[] arguments) {
    CommandLine line = e.getCommandLine();
    PrintWriter err = line.getErr();
    List<String> similar =
        e instanceof UnmatchedArgumentException unmatched ? unmatched.getSuggestions() : List.of();
    String hint = similar.isEmpty() ? "" : "; did you mean " + String.join(" or ", similar) + "?";
    print(line, firstLine(e.getMessage()) + hint);
    err.println("See: " + line.getCommandSpec().qualifiedName() + " --help");
    return ExitCode.USAGE;
  }

  /** A command that threw. */
  static int failure(Exception thrown, CommandLine line, ParseResult result) {
    Throwable e = unwrap(thrown);
    boolean verbose = result.hasMatchedOption("--verbose") || hasVerbose(result);
    int code = report(e, line);
    OutputOptions.of(line.getCommandSpec())
        .ifPresent(output -> output.writeFailure(code, String.valueOf(e.getMessage())));
    if (verbose) {
      thrown.printStackTrace(line.getErr());
    }
    return code;
  }

  private static int report(Throwable e, CommandLine line) {
    if (e instanceof CommandException command) {
      print(line, command.getMessage());
      return command.exitCode();
    }
    if (e instanceof InvalidDocumentException invalid) {
      for (Problem problem : invalid.problems()) {
        print(line, problem.toString());
      }
      return ExitCode.USAGE;
    }
    if (e instanceof InterruptedException || e instanceof InterruptException) {
      print(line, "interrupted");
      return ExitCode.FAILED;
    }
    if (e instanceof RegistryException registry) {
      print(
          line,
          registry.away()
              ? registry.getMessage() + "; is it running? --registry URL names another"
              : registry.getMessage());
      return registry.away() ? ExitCode.UNREACHABLE : ExitCode.FAILED;
    }
    if (e instanceof TimeoutException) {
      print(
          line,
          "the broker did not answer in time: "
              + firstLine(e.getMessage())
              + "; 'millrace doctor' looks into it");
      return ExitCode.UNREACHABLE;
    }
    String said = e.getMessage() == null ? e.getClass().getSimpleName() : firstLine(e.getMessage());
    boolean known = e instanceof KafkaException || said.startsWith(e.getClass().getSimpleName());
    print(line, known ? said : e.getClass().getSimpleName() + ": " + said);
    return ExitCode.FAILED;
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
    return message == null ? "" : message.lines().findFirst().orElse("");
  }
}
