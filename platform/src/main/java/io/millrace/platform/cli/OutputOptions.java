package io.millrace.platform.cli;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.Writer;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Help;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/**
 * Options and streams that every command shares: results on standard output, or as one JSON
 * document in a file; errors and progress on standard error.
 */
public final class OutputOptions {
  private static final ObjectMapper JSON = new ObjectMapper();

  @Spec(Spec.Target.MIXEE)
  private CommandSpec spec;

  private @Nullable String json;

  @Option(names = "--verbose", description = "Show stack traces and the libraries' warnings.")
  private boolean verbose;

  private boolean written;
  private Terminal terminal = Terminal.none();

  /** A file is opened before the command does anything whose result would be lost. */
  @Option(
      names = "--json",
      paramLabel = "FILE",
      description = "Write the result as one JSON document; - is standard output.")
  void json(String file) {
    if (!file.equals("-")) {
      try {
        Files.newByteChannel(Path.of(file), StandardOpenOption.CREATE, StandardOpenOption.WRITE)
            .close();
      } catch (IOException | InvalidPathException e) {
        throw new ParameterException(
            spec.commandLine(), "--json: cannot write " + file + ": " + reason(e));
      }
    }
    json = file;
  }

  private static String reason(Exception e) {
    return e instanceof NoSuchFileException
        ? "there is no such directory"
        : e instanceof AccessDeniedException ? "access is denied" : String.valueOf(e.getMessage());
  }

  /** The options mixed into a command, if it has them. */
  static Optional<OutputOptions> of(CommandSpec spec) {
    return spec.mixins().values().stream()
        .map(CommandSpec::userObject)
        .filter(OutputOptions.class::isInstance)
        .map(OutputOptions.class::cast)
        .findFirst();
  }

  void attach(Terminal attached) {
    this.terminal = attached;
  }

  /** Whether a JSON document is wanted. */
  public boolean wantsJson() {
    return json != null;
  }

  /** Whether details are wanted. */
  public boolean verbose() {
    return verbose;
  }

  /** Where results for people go: nowhere when standard output holds the JSON document. */
  public PrintWriter out() {
    return "-".equals(json) ? new PrintWriter(Writer.nullWriter()) : spec.commandLine().getOut();
  }

  /**
   * Where a report for people goes: standard output, or standard error when the JSON document takes
   * that.
   */
  public PrintWriter people() {
    return "-".equals(json) ? err() : out();
  }

  /** Whether a report for people may be coloured. */
  public boolean peopleColour() {
    return "-".equals(json) ? terminal.errColour() : terminal.outColour();
  }

  /** Where errors, warnings and progress go. */
  public PrintWriter err() {
    return spec.commandLine().getErr();
  }

  /** What the streams are connected to. */
  public Terminal terminal() {
    return terminal;
  }

  /** Styles of results, none when they are not for a terminal. */
  public Help.Ansi ansi() {
    return terminal.outColour() ? Help.Ansi.ON : Help.Ansi.OFF;
  }

  /**
   * Writes a JSON document that says why there is no result, if one is wanted and none was written.
   */
  void writeFailure(int exitCode, String message) {
    if (json != null && !written) {
      writeJson(failureDocument(exitCode, message));
    }
  }

  /** The document that says why there is no result, as text. */
  static String failure(int exitCode, String message) {
    return text(failureDocument(exitCode, message));
  }

  private static ObjectNode failureDocument(int exitCode, String message) {
    ObjectNode document = JSON.createObjectNode();
    document.putObject("error").put("exit_code", exitCode).put("message", message);
    return document;
  }

  private static String text(JsonNode document) {
    try {
      return JSON.writerWithDefaultPrettyPrinter().writeValueAsString(document) + "\n";
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("a tree can always be written", e);
    }
  }

  /**
   * Writes the JSON document, if one is wanted.
   *
   * @throws CommandException if its file cannot be written
   */
  public void writeJson(JsonNode document) {
    if (json == null) {
      return;
    }
    written = true;
    String text = text(document);
    if (json.equals("-")) {
      spec.commandLine().getOut().print(text);
      spec.commandLine().getOut().flush();
      return;
    }
    try {
      Files.writeString(Path.of(json), text);
    } catch (IOException e) {
      throw new CommandException(
          ExitCode.FAILED, "--json: cannot write " + json + ": " + reason(e), e);
    }
  }
}
