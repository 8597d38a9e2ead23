package io.millrace.topologies.dispatch;

import io.millrace.events.ToolCall;
import io.millrace.events.ToolResult;
import io.millrace.events.ToolStep;
import io.millrace.schemas.identity.Ids;
import io.millrace.state.Answer;
import io.millrace.state.Request;
import io.millrace.topologies.targets.Target;
import io.millrace.topologies.targets.TargetTable;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/** Turns tool calls into what dispatch works with, and its answers into tool results. */
public final class ToolAdapter {
  private static final long DEADLINE_UNKNOWN_TARGET_MS = 60_000;
  private static final int STEP_OUTPUT_MAX = 65_536;

  private ToolAdapter() {}

  static String target(ToolCall call) {
    return TargetTable.toolName(call.getTarget());
  }

  static Request request(ToolCall call, @Nullable Target target, long now) {
    Request request = new Request();
    request.setOperationId(call.getId());
    request.setTenant(call.getTenant());
    request.setCorrelationId(call.getCorrelationId());
    request.setTraceparent(call.getTraceparent());
    request.setTarget(target(call));
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

  static ToolCall call(Request request) {
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

  /** What an answer adds to its conversation. */
  static ToolStep step(Request request, Answer answer) {
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

  static ToolResult result(Request request, Answer answer) {
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
}
