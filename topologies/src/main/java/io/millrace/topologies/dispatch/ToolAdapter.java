package io.millrace.topologies.dispatch;

import io.millrace.events.ToolCall;
import io.millrace.events.ToolResult;
import io.millrace.state.Answer;
import io.millrace.state.Request;
import io.millrace.topologies.targets.Target;
import io.millrace.topologies.targets.TargetTable;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/** Turns tool calls into what dispatch works with, and its answers into tool results. */
public final class ToolAdapter {
  private static final long DEADLINE_UNKNOWN_TARGET_MS = 60_000;

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
    return call;
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
