package io.millrace.toolworker;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/** A tool that blocks; it is run on the worker's bounded blocking threads. */
public interface BlockingTool extends Tool {

  /**
   * Runs a call; interrupted when the call is cancelled or takes too long.
   *
   * @param arguments of the call
   * @param context what belongs to this call
   * @return the output; null for none
   * @throws ToolException for a failure with its own code
   * @throws Exception for any other failure; it may be tried again
   */
  @Nullable JsonNode callBlocking(ObjectNode arguments, CallContext context) throws Exception;

  @Override
  default CompletionStage<? extends @Nullable JsonNode> call(
      ObjectNode arguments, CallContext context) {
    return context.blocking(() -> callBlocking(arguments, context));
  }
}
