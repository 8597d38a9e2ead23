package io.millrace.topologies.dispatch;

import io.millrace.events.Coordinates;
import io.millrace.events.Task;
import io.millrace.events.Tensor;
import io.millrace.events.ToolCall;
import io.millrace.events.ToolResult;
import io.millrace.events.ToolStep;
import io.millrace.schemas.identity.Fingerprint;
import io.millrace.schemas.identity.Ids;
import io.millrace.schemas.topics.Topic;
import io.millrace.schemas.topics.Topics;
import io.millrace.state.Answer;
import io.millrace.state.Request;
import io.millrace.topologies.guard.logic.Refusal;
import io.millrace.topologies.targets.Target;
import io.millrace.topologies.targets.TargetTable;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Turns tool calls into what dispatch works with, and its answers into tool results. */
final class ToolKind implements Kind<ToolCall, ToolResult> {
  private static final long DEADLINE_UNKNOWN_TARGET_MS = 60_000;
  private static final int STEP_OUTPUT_MAX = 65_536;

  @Override
  public KindTopics<ToolCall, ToolResult> topics() {
    return KindTopics.TOOLS;
  }

  @Override
  public Topic<Task> tasks(String pool, Task task) {
    return Topics.toolTasks(pool);
  }

  @Override
  public Nodes nodes() {
    return Nodes.TOOLS;
  }

  @Override
  public String target(ToolCall call, TargetTable targets) {
    return TargetTable.toolName(call.getTarget());
  }

  @Override
  public Request request(
      ToolCall call, @Nullable Target target, String name, Coordinates at, long now) {
    Request request = new Request();
    request.setOperationId(call.getId());
    request.setTenant(call.getTenant());
    request.setCorrelationId(call.getCorrelationId());
    request.setTraceparent(call.getTraceparent());
    request.setTarget(name);
    request.setTargetVersion(call.getTargetVersion());
    request.setArguments(call.getArguments());
    request.setContent(content(request));
    request.setArrivedAt(now);
    Instant deadline = call.getDeadlineAt();
    request.setDeadlineAt(
        deadline != null
            ? deadline.toEpochMilli()
            : now + (target == null ? DEADLINE_UNKNOWN_TARGET_MS : target.spec().getDeadlineMs()));
    request.setReplyPartition(call.getReplyPartition());
    request.setParentId(call.getParentId());
    request.setParentCall(call.getParentCall());
    request.setSpeculative(call.getSpeculative());
    return request;
  }

  /** Hash by which an operation id that is used again for something else is told apart. */
  private static long content(Request request) {
    return ((long) request.getArguments().hashCode() << 32)
        ^ (request.getArguments().length() * 31L + request.getTarget().hashCode());
  }

  /** Arguments are judged by the guard's own rules. */
  @Override
  public @Nullable Refusal check(ToolCall call, @Nullable Target target) {
    return null;
  }

  @Override
  public String fingerprint(Request request, Target target) {
    return Fingerprint.ofWork(
        request.getTenant(), target.name(), target.spec().getVersion(), request.getArguments());
  }

  @Override
  public @Nullable List<Tensor> inputs(ToolCall call) {
    return null;
  }

  @Override
  public ToolCall routed(Request request) {
    ToolCall call = new ToolCall();
    call.setId(request.getOperationId());
    call.setTenant(request.getTenant());
    call.setCorrelationId(request.getCorrelationId());
    call.setOccurredAt(Instant.ofEpochMilli(request.getArrivedAt()));
    call.setTraceparent(request.getTraceparent());
    call.setTarget(request.getTarget());
    call.setArguments(request.getArguments());
    call.setTargetVersion(request.getTargetVersion());
    call.setDeadlineAt(Instant.ofEpochMilli(request.getDeadlineAt()));
    call.setReplyPartition(request.getReplyPartition());
    call.setParentId(request.getParentId());
    call.setParentCall(request.getParentCall());
    call.setSpeculative(request.getSpeculative());
    return call;
  }

  @Override
  public ToolStep step(Request request, Answer answer) {
    ToolStep step = new ToolStep();
    step.setId(Ids.part(request.getOperationId(), "step"));
    step.setTenant(request.getTenant());
    step.setCorrelationId(request.getCorrelationId());
    step.setOccurredAt(Instant.ofEpochMilli(answer.getAnsweredAt()));
    step.setTraceparent(request.getTraceparent());
    step.setOperationId(request.getOperationId());
    step.setTarget(request.getTarget());
    step.setArguments(request.getArguments());
    String output = answer.getOutput();
    step.setOutput(output == null || output.length() > STEP_OUTPUT_MAX ? null : output);
    step.setLatencyMs(answer.getLatencyMs());
    return step;
  }

  @Override
  public ToolResult result(Request request, Answer answer) {
    ToolResult result = new ToolResult();
    result.setId(answer.getResultId());
    result.setTenant(request.getTenant());
    result.setCorrelationId(request.getCorrelationId());
    result.setOccurredAt(Instant.ofEpochMilli(answer.getAnsweredAt()));
    result.setTraceparent(request.getTraceparent());
    result.setOperationId(request.getOperationId());
    result.setTarget(request.getTarget());
    result.setTargetVersion(answer.getTargetVersion());
    result.setAnsweredBy(answer.getAnsweredBy());
    result.setOutcome(answer.getOutcome());
    result.setOutput(answer.getOutput());
    result.setFailure(answer.getFailure());
    result.setServedBy(answer.getServedBy());
    result.setAttempts(answer.getAttempts());
    result.setLatencyMs(answer.getLatencyMs());
    result.setRunMs(answer.getRunMs());
    result.setCostMicros(answer.getCostMicros());
    result.setReplyPartition(request.getReplyPartition());
    result.setParentId(request.getParentId());
    result.setParentCall(request.getParentCall());
    return result;
  }

  @Override
  public @Nullable Integer replyPartition(ToolResult result) {
    return result.getReplyPartition();
  }
}
