package io.millrace.benchmarks.requests;

import io.millrace.events.Outcome;
import io.millrace.events.PlannedCall;
import io.millrace.events.PlannedResult;
import io.millrace.events.ToolCall;
import io.millrace.events.ToolPlan;
import io.millrace.events.ToolPlanResult;
import io.millrace.events.ToolResult;
import io.millrace.schemas.identity.Fingerprint;
import io.millrace.schemas.serde.AvroSafety;
import io.millrace.schemas.topics.Topic;
import io.millrace.schemas.topics.Topics;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import org.apache.avro.specific.SpecificRecord;

/**
 * What is asked and how it is answered.
 *
 * @param requests where requests go
 * @param answers where answers come
 * @param key of a request's record, given its id
 * @param request made from its id and the partition for the answer
 * @param operationId of an answer
 * @param fault what is wrong with an answer; empty when nothing is
 */
record RequestKind<Q extends SpecificRecord, A extends SpecificRecord>(
    Topic<Q> requests,
    Topic<A> answers,
    UnaryOperator<String> key,
    Maker<Q> request,
    Function<A, String> operationId,
    Function<A, String> fault) {

  static {
    AvroSafety.establish();
  }

  /** Makes a request. */
  interface Maker<Q> {
    Q make(String id, int replyPartition);
  }

  /** Plans of parallel calls with distinct arguments of a tool that sleeps. */
  static RequestKind<ToolPlan, ToolPlanResult> plans(String tool, int calls, int sleepMillis) {
    return new RequestKind<>(
        Topics.TOOL_PLANS,
        Topics.TOOL_PLAN_RESULTS,
        id -> id,
        (id, partition) -> plan(id, partition, tool, calls, sleepMillis),
        ToolPlanResult::getOperationId,
        answer -> fault(answer, calls));
  }

  /** Single calls of a tool that does nothing. */
  static RequestKind<ToolCall, ToolResult> calls(String tool) {
    return new RequestKind<>(
        Topics.TOOL_CALLS,
        Topics.TOOL_RESULTS,
        Fingerprint::ofOperation,
        (id, partition) ->
            ToolCall.newBuilder()
                .setId(id)
                .setOccurredAt(Instant.now())
                .setTarget(tool)
                .setArguments("{\"id\":\"" + id + "\"}")
                .setReplyPartition(partition)
                .build(),
        ToolResult::getOperationId,
        answer ->
            answer.getOutcome() == Outcome.OK
                ? ""
                : "%s: %s".formatted(answer.getOutcome(), answer.getFailure()));
  }

  private static ToolPlan plan(String id, int partition, String tool, int calls, int sleepMillis) {
    List<PlannedCall> planned = new ArrayList<>(calls);
    for (int i = 0; i < calls; i++) {
      planned.add(
          PlannedCall.newBuilder()
              .setName("call" + i)
              .setTarget(tool)
              .setArguments("{\"ms\":%d,\"id\":\"%s-%d\"}".formatted(sleepMillis, id, i))
              .build());
    }
    return ToolPlan.newBuilder()
        .setId(id)
        .setOccurredAt(Instant.now())
        .setCalls(planned)
        .setReplyPartition(partition)
        .build();
  }

  private static String fault(ToolPlanResult answer, int calls) {
    if (answer.getOutcome() != Outcome.OK) {
      return "%s: %s".formatted(answer.getOutcome(), answer.getFailure());
    }
    if (answer.getCalls().size() != calls) {
      return "%d calls were answered, not %d".formatted(answer.getCalls().size(), calls);
    }
    for (PlannedResult call : answer.getCalls()) {
      if (call.getOutcome() != Outcome.OK || call.getOutput() == null) {
        return "%s ended with %s".formatted(call.getName(), call.getOutcome());
      }
    }
    return "";
  }
}
