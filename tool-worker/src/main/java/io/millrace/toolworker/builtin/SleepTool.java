package io.millrace.toolworker.builtin;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.millrace.toolworker.CallContext;
import io.millrace.toolworker.Tool;
import io.millrace.toolworker.ToolException;
import java.util.concurrent.CompletionStage;

/**
 * Gives its arguments back after {@code ms} milliseconds, without holding a thread; with {@code
 * "fail": true} it fails then.
 */
public final class SleepTool implements Tool {

  @Override
  public String name() {
    return "sleep";
  }

  @Override
  public CompletionStage<JsonNode> call(ObjectNode arguments, CallContext context) {
    return context
        .delay(Arguments.delay(arguments))
        .thenApply(
            nothing -> {
              if (arguments.path("fail").asBoolean()) {
                throw new ToolException("FAILED", "The arguments asked for a failure", true);
              }
              return arguments;
            });
  }
}
