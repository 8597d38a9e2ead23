package io.millrace.platform.cli;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.millrace.events.Outcome;
import io.millrace.events.PlannedResult;
import io.millrace.events.ToolPlanResult;
import io.millrace.platform.apply.InvalidDocumentException;
import io.millrace.platform.apply.PlanFile;
import io.millrace.schemas.identity.Ids;
import io.millrace.schemas.json.RecordJson;
import io.millrace.schemas.topics.Topics;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code millrace plan}: runs a graph of tool calls and waits for how each of them ended. */
@Command(
    name = "plan",
    mixinStandardHelpOptions = true,
    description = "Run a plan of tool calls and wait for its results.",
    footer = {
      "",
      "A plan: {\"deadline\": \"5s\", \"calls\": [",
      "  {\"name\": \"w\", \"tool\": \"weather\", \"arguments\": {\"city\": \"Oslo\"}},",
      "  {\"name\": \"a\", \"tool\": \"advise\", \"arguments\": {\"t\": \"$${w.temp_c}\"}}]}"
    })
final class PlanCommand implements Callable<Integer> {
  private static final Duration DEADLINE_DEFAULT = Duration.ofSeconds(60);
  private static final int SHOWN_CHARS_MAX = 1_000;

  @Mixin private ConnectionOptions connection;
  @Mixin private OutputOptions output;

  @Option(
      names = {"-f", "--file"},
      required = true,
      paramLabel = "FILE",
      description = "The plan: JSON, or YAML if its name does not end in .json.")
  private Path file;

  @Option(
      names = "--deadline",
      paramLabel = "TIME",
      description = "Longest time for the plan, instead of the file's.")
  private @Nullable Duration deadline;

  @Option(
      names = "--tenant",
      defaultValue = "default",
      description = "Who the plan is for (${DEFAULT-VALUE}).")
  private String tenant;

  @Override
  public Integer call() throws InvalidDocumentException {
    PlanFile read = PlanFile.read(file);
    Duration given = deadline != null ? deadline : read.deadline();
    Duration time = given != null ? given : DEADLINE_DEFAULT;
    PlanFile plan = new PlanFile(time, read.calls());
    try (Cluster cluster = connection.connect();
        Progress progress = new Progress(output)) {
      Instant now = Instant.now();
      String id = Ids.v7(now.toEpochMilli(), new SecureRandom());
      ToolPlanResult result =
          new Exchange<>(
                  cluster,
                  Topics.TOOL_PLANS,
                  Topics.TOOL_PLAN_RESULTS,
                  ToolPlanResult::getOperationId)
              .ask(
                  id,
                  id,
                  partition -> {
                    var event = plan.toEvent(id, tenant, Instant.now());
                    event.setReplyPartition(partition);
                    return event;
                  },
                  time.plus(CallCommand.GRACE),
                  progress);
      progress.close();
      return report(result);
    }
  }

  private int report(ToolPlanResult result) {
    Table table = new Table("CALL", "OUTCOME", "FROM", "MS", "OUTPUT");
    for (PlannedResult call : result.getCalls()) {
      table.row(
          call.getName(),
          Table.styled(call.getOutcome(), call.getOutcome() == Outcome.OK ? "green" : "red"),
          call.getServedBy(),
          call.getLatencyMs(),
          shown(call));
    }
    if (!table.isEmpty()) {
      table.print(output.out(), output.ansi(), output.terminal().width());
    }
    ObjectNode json = RecordJson.toJson(result);
    for (int i = 0; i < result.getCalls().size(); i++) {
      ((ObjectNode) json.withArray("calls").get(i))
          .set("output", RecordJson.parsed(result.getCalls().get(i).getOutput()));
    }
    output.writeJson(json);
    if (result.getOutcome() == Outcome.OK) {
      return ExitCode.OK;
    }
    throw CommandException.failed(
        CallCommand.describe("the plan", result.getOutcome(), result.getFailure()));
  }

  private static String shown(PlannedResult call) {
    String text =
        call.getFailure() != null && (call.getOutcome() != Outcome.OK || call.getOutput() == null)
            ? call.getFailure().getMessage()
            : call.getOutput() == null ? "null" : call.getOutput();
    return text.length() <= SHOWN_CHARS_MAX ? text : text.substring(0, SHOWN_CHARS_MAX);
  }
}
