package io.millrace.toolworker.builtin;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.millrace.toolworker.CallContext;
import io.millrace.toolworker.Tool;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/** Gives its arguments back. */
public final class EchoTool implements Tool {

  @Override
  public String name() {
    return "echo";
  }

  @Override
  public CompletionStage<JsonNode> call(ObjectNode arguments, CallContext context) {
    return CompletableFuture.completedFuture(arguments);
  }
}
