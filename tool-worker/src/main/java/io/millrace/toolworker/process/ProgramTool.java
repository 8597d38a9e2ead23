package io.millrace.toolworker.process;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.millrace.events.ProcessTool;
import io.millrace.toolworker.BlockingTool;
import io.millrace.toolworker.CallContext;
import io.millrace.toolworker.ToolException;
import io.millrace.toolworker.template.Json;
import io.millrace.toolworker.template.Template;
import java.io.File;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * A tool that is a program. No shell is involved: each argument of the command line stays one,
 * whatever a call puts into it.
 *
 * <p>The program gets the call's arguments as JSON on standard input, prints its output on standard
 * output, and may say on standard error why it failed. Its environment is PATH, a mark of the run
 * and what is declared. It is killed with all that it started when it takes too long, is cancelled
 * or prints too much.
 */
public final class ProgramTool implements BlockingTool {

  private static final int OUTPUT_BYTES_DEFAULT = 1 << 20;
  private static final int OUTPUT_BYTES_MAX = 16 << 20;
  private static final int ERROR_BYTES = 2_000;
  private static final long OUTPUT_GRACE_MS = 1_000;

  private final String name;
  private final List<Template> argv = new ArrayList<>();
  private final @Nullable File directory;
  private final Map<String, String> environment;
  private final @Nullable String path;
  private final int outputBytesMax;

  /**
   * Reads the declaration.
   *
   * @param name of the target, for messages
   * @param declaration the program
   * @param path value of PATH for it; null: none
   * @throws ToolException with code {@code TARGET_INVALID} if the declaration does not do
   */
  public ProgramTool(String name, ProcessTool declaration, @Nullable String path) {
    this.name = name;
    this.path = path;
    for (String argument : declaration.getArgv()) {
      Template template = Template.of(argument);
      if (template.takesEnvironment()) {
        throw ToolException.declaration(
            "argv takes an environment variable, which other users of the machine could read;"
                + " declare it in environment");
      }
      argv.add(template);
    }
    if (argv.isEmpty() || argv.get(0).toString().isBlank()) {
      throw ToolException.declaration("argv is empty; it must begin with the program");
    }
    if (!argv.get(0).names().isEmpty()) {
      throw ToolException.declaration(
          "The program '%s' takes an argument; a call must not choose what is run"
              .formatted(argv.get(0)));
    }
    String given = declaration.getWorkingDirectory();
    this.directory = given == null ? null : new File(given);
    this.environment = Map.copyOf(declaration.getEnvironment());
    int declared = declaration.getOutputBytesMax();
    this.outputBytesMax =
        declared <= 0 ? OUTPUT_BYTES_DEFAULT : Math.min(declared, OUTPUT_BYTES_MAX);
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public @Nullable JsonNode callBlocking(ObjectNode arguments, CallContext context)
      throws InterruptedException {
    String mark = ProcessTree.newMark();
    Process process = start(arguments, mark);
    ProcessTree tree = new ProcessTree(process.toHandle(), mark);
    try {
      context.cancellation().onCancel(tree::killAll);
      CappedReader out = CappedReader.head(process.getInputStream(), outputBytesMax, tree::killAll);
      CappedReader err = CappedReader.tail(process.getErrorStream(), ERROR_BYTES);
      feed(process, Json.text(arguments));
      int exit = process.waitFor();
      out.await(OUTPUT_GRACE_MS);
      err.await(OUTPUT_GRACE_MS);
      return output(exit, out, err);
    } finally {
      tree.kill();
    }
  }

  private Process start(ObjectNode arguments, String mark) {
    List<String> command = new ArrayList<>();
    for (Template template : argv) {
      String argument =
          template.fill(arguments, UnaryOperator.identity(), Template.Environment.NONE);
      if (argument.indexOf('\0') >= 0) {
        throw ToolException.arguments(
            "A command line cannot hold the NUL character that stands in '%s'".formatted(template));
      }
      command.add(argument);
    }
    ProcessBuilder builder = new ProcessBuilder(command).directory(directory);
    builder.environment().clear();
    if (path != null) {
      builder.environment().put("PATH", path);
    }
    try {
      builder.environment().putAll(environment);
      builder.environment().put(ProcessTree.MARK, mark);
      return builder.start();
    } catch (IOException | IllegalArgumentException e) {
      throw new ToolException(
          "START_FAILED",
          "The program '%s' could not be started: %s".formatted(argv.get(0), e.getMessage()),
          true);
    }
  }

  /** On a thread of its own: a program that prints before it reads would block both. */
  private static void feed(Process process, String json) {
    Thread thread =
        new Thread(
            () -> {
              try (OutputStream in = process.getOutputStream()) {
                in.write(json.getBytes(StandardCharsets.UTF_8));
              } catch (IOException e) {
                // A program need not read its input.
                return;
              }
            },
            "process-input");
    thread.setDaemon(true);
    thread.start();
  }

  private @Nullable JsonNode output(int exit, CappedReader out, CappedReader err) {
    if (out.overflowed()) {
      throw new ToolException(
          "OUTPUT_TOO_LARGE",
          "The program printed more than the %d bytes that output_bytes_max allows, and was killed"
              .formatted(outputBytesMax),
          false);
    }
    if (exit != 0) {
      String said = err.text().strip();
      throw new ToolException(
          "EXIT_" + exit,
          "The program ended with code %d%s"
              .formatted(exit, said.isEmpty() ? " and said nothing" : ": " + said),
          true);
    }
    return Json.output(out.text());
  }
}
