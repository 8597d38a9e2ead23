package io.millrace.toolworker;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.millrace.events.TargetSpec;
import io.millrace.events.Task;
import io.millrace.toolworker.http.HttpRequestTool;
import io.millrace.toolworker.process.ProgramTool;
import io.millrace.toolworker.template.Json;
import io.millrace.worker.task.BlockingTasks;
import io.millrace.worker.task.Cancellation;
import io.millrace.worker.task.RunResult;
import io.millrace.worker.task.TaskContext;
import io.millrace.worker.task.TaskRunner;
import java.net.http.HttpClient;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.TreeSet;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.ExecutionException;
import org.jspecify.annotations.Nullable;

/** Runs a task by the tool that its target declares: built-in, HTTP or program. */
final class ToolRunner implements TaskRunner {

  private final Map<String, Tool> builtins;
  private final BlockingTasks blocking;
  private final DelayTimer timer;
  private final HttpClient http;

  /** Tools made from declarations, by target; replaced when the declaration is. */
  private final ConcurrentMap<String, Made> made = new ConcurrentHashMap<>();

  private record Made(TargetSpec declaration, Tool tool) {}

  ToolRunner(
      Map<String, Tool> builtins, BlockingTasks blocking, DelayTimer timer, HttpClient http) {
    this.builtins = Map.copyOf(builtins);
    this.blocking = blocking;
    this.timer = timer;
    this.http = http;
  }

  @Override
  public CompletionStage<RunResult> run(TaskContext context) {
    try {
      Tool tool = tool(context.target());
      if (!(Json.parse(context.task().getArguments()) instanceof ObjectNode arguments)) {
        throw ToolException.arguments("The arguments are not a JSON object");
      }
      long cost = context.target().getCostMicros();
      return tool.call(arguments, new Call(context))
          .handle((output, failure) -> failure == null ? ok(output, cost) : failed(failure));
    } catch (ToolException e) {
      return CompletableFuture.completedFuture(failed(e));
    }
  }

  @SuppressWarnings("ReferenceEquality") // a declaration is replaced whole
  private Tool tool(TargetSpec declaration) {
    if (declaration.getBuiltin() != null) {
      return builtin(declaration.getBuiltin());
    }
    Made known = made.get(declaration.getTarget());
    if (known != null && known.declaration == declaration) {
      return known.tool;
    }
    Tool tool;
    if (declaration.getHttp() != null) {
      tool =
          new HttpRequestTool(declaration.getTarget(), declaration.getHttp(), http, System::getenv);
    } else if (declaration.getProcess() != null) {
      tool =
          new ProgramTool(declaration.getTarget(), declaration.getProcess(), System.getenv("PATH"));
    } else {
      throw ToolException.declaration(
          "The target '%s' says nothing of how to run it; declare builtin, http or process"
              .formatted(declaration.getTarget()));
    }
    made.put(declaration.getTarget(), new Made(declaration, tool));
    return tool;
  }

  private Tool builtin(String name) {
    Tool tool = builtins.get(name);
    if (tool == null) {
      throw new ToolException(
          "BUILTIN_UNKNOWN",
          "This worker has no built-in tool '%s'; it has %s"
              .formatted(name, String.join(", ", new TreeSet<>(builtins.keySet()))),
          true);
    }
    return tool;
  }

  private static RunResult ok(@Nullable JsonNode output, long cost) {
    return RunResult.ok(output == null ? null : Json.text(output), cost);
  }

  private static RunResult failed(Throwable failure) {
    Throwable cause = failure;
    while ((cause instanceof CompletionException || cause instanceof ExecutionException)
        && cause.getCause() != null) {
      cause = cause.getCause();
    }
    if (cause instanceof ToolException tool) {
      return RunResult.failed(tool.code(), String.valueOf(tool.getMessage()), tool.retryable());
    }
    throw new CompletionException(cause);
  }

  /** What belongs to one call. */
  private final class Call implements CallContext {

    private final TaskContext context;

    Call(TaskContext context) {
      this.context = context;
    }

    @Override
    public Task task() {
      return context.task();
    }

    @Override
    public Cancellation cancellation() {
      return context.cancellation();
    }

    @Override
    public Instant deadline() {
      return context.deadline();
    }

    @Override
    public <T extends @Nullable Object> CompletionStage<T> blocking(Callable<T> work) {
      return blocking.submit(work, context.cancellation());
    }

    @Override
    public CompletionStage<@Nullable Void> delay(Duration delay) {
      return timer.delay(delay, context.cancellation());
    }
  }
}
