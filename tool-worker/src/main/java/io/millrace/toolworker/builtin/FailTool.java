package io.millrace.toolworker.builtin;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.millrace.toolworker.CallContext;
import io.millrace.toolworker.Tool;
import io.millrace.toolworker.ToolException;
import java.util.concurrent.CompletionStage;

/** Fails, with the {@code code}, {@code message} and {@code retryable} of its arguments. */
public final class FailTool implements Tool {

  @Override
  public String name() {
    return "fail";
  }

  @Override
  public CompletionStage<JsonNode> call(ObjectNode arguments, CallContext context) {
    return new ToolException(
            arguments.path("code").asText("FAILED"),
            arguments.path("message").asText("The tool 'fail' always fails"),
            arguments.path("retryable").asBoolean(false))
        .asStage();
  }
}
