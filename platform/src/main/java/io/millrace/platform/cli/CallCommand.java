package io.millrace.platform.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.millrace.events.Failure;
import io.millrace.events.Outcome;
import io.millrace.events.ToolCall;
import io.millrace.events.ToolResult;
import io.millrace.schemas.identity.Fingerprint;
import io.millrace.schemas.identity.Ids;
import io.millrace.schemas.json.RecordJson;
import io.millrace.schemas.topics.Topics;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code millrace call}: runs one tool and waits for its output. */
@Command(
    name = "call",
    mixinStandardHelpOptions = true,
    description = "Call a tool and wait for its output.",
    footer = {"", "Example: millrace call weather '{\"city\": \"Oslo\"}'"})
final class CallCommand implements Callable<Integer> {
  /** How much longer than the deadline an answer may be on its way. */
  static final Duration GRACE = Duration.ofSeconds(5);

  private static final int ARGUMENTS_CHARS_MAX = 1 << 20;

  @Mixin private ConnectionOptions connection;
  @Mixin private OutputOptions output;

  @Parameters(index = "0", paramLabel = "TOOL", description = "Name of the tool.")
  private String tool;

  @Parameters(
      index = "1",
      paramLabel = "JSON",
      arity = "0..1",
      defaultValue = "{}",
      description = "Its arguments, a JSON object (${DEFAULT-VALUE}).")
  private String arguments;

  @Option(
      names = "--deadline",
      paramLabel = "TIME",
      defaultValue = "60s",
      description = "Longest time for the call, such as 500ms or 2m (${DEFAULT-VALUE}).")
  private Duration deadline;

  @Option(
      names = "--tenant",
      defaultValue = "default",
      description = "Who the call is for (${DEFAULT-VALUE}).")
  private String tenant;

  @Option(names = "--tool-version", paramLabel = "VERSION", description = "Version of the tool.")
  private @Nullable String version;

  @Override
  public Integer call() {
    if (tool.isBlank()) {
      throw CommandException.usage("TOOL is empty; expected the name of a tool, such as echo");
    }
    JsonNode parsed = JsonText.require("the argument JSON", arguments);
    if (!parsed.isObject()) {
      throw CommandException.usage(
          "the arguments are no JSON object; expected one such as {\"city\": \"Oslo\"}");
    }
    if (arguments.length() > ARGUMENTS_CHARS_MAX) {
      throw CommandException.usage(
          "the arguments are longer than 1 MiB, the most that a call may carry");
    }
    try (Cluster cluster = connection.connect();
        Progress progress = new Progress(output)) {
      Instant now = Instant.now();
      String id = Ids.v7(now.toEpochMilli(), new SecureRandom());
      ToolResult result =
          new Exchange<>(
                  cluster, Topics.TOOL_CALLS, Topics.TOOL_RESULTS, ToolResult::getOperationId)
              .ask(
                  id,
                  Fingerprint.ofOperation(id),
                  partition -> request(id, Instant.now(), partition),
                  deadline.plus(GRACE),
                  progress);
      progress.close();
      return report(result);
    }
  }

  private ToolCall request(String id, Instant now, int replyPartition) {
    return ToolCall.newBuilder()
        .setId(id)
        .setTenant(tenant)
        .setOccurredAt(now)
        .setTarget(tool)
        .setTargetVersion(version)
        .setArguments(arguments)
        .setDeadlineAt(now.plus(deadline))
        .setReplyPartition(replyPartition)
        .build();
  }

  private int report(ToolResult result) {
    ObjectNode json = RecordJson.toJson(result);
    json.set("output", RecordJson.parsed(result.getOutput()));
    output.writeJson(json);
    if (result.getOutcome() == Outcome.OK) {
      output.out().println(result.getOutput() == null ? "null" : result.getOutput());
      return ExitCode.OK;
    }
    throw CommandException.failed(describe(tool, result.getOutcome(), result.getFailure()));
  }

  /** A failure on one line. */
  static String describe(String what, Outcome outcome, @Nullable Failure failure) {
    String why =
        failure == null
            ? ""
            : failure.getCode().equals(outcome.name())
                ? ": " + failure.getMessage()
                : ": " + failure.getCode() + ": " + failure.getMessage();
    return what + " ended " + outcome + why.replace('\n', ' ');
  }
}
