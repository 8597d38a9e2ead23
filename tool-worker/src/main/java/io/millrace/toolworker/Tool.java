package io.millrace.toolworker;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Map;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/**
 * A tool in Java. One that is named in {@code META-INF/services/io.millrace.toolworker.Tool} can be
 * declared as a target by {@code builtin: NAME}.
 *
 * <p>One object serves all calls, on several threads. A tool that blocks is a {@link BlockingTool}.
 */
public interface Tool {

  /** Name by which targets refer to it. */
  String name();

  /**
   * Called once, before the first call.
   *
   * @param settings those of the worker's settings that begin with {@code tools.}, whole names
   */
  default void configure(Map<String, String> settings) {}

  /**
   * Starts a call; must not block.
   *
   * @param arguments of the call; the tool may keep and change it
   * @param context what belongs to this call
   * @return ends with the output, null for none, or with a {@link ToolException}; any other
   *     exception, thrown or in the stage, counts as a failure that may be tried again
   */
  CompletionStage<? extends @Nullable JsonNode> call(ObjectNode arguments, CallContext context);
}
