package io.millrace.topologies.dispatch;

import io.millrace.events.Attempt;
import io.millrace.events.Cancel;
import io.millrace.events.Control;
import io.millrace.events.InferenceRequest;
import io.millrace.events.InferenceResult;
import io.millrace.events.OperationKind;
import io.millrace.events.ToolCached;
import io.millrace.events.ToolCall;
import io.millrace.events.ToolResult;
import io.millrace.schemas.topics.InferenceTopics;
import io.millrace.schemas.topics.Topic;
import io.millrace.schemas.topics.Topics;
import org.apache.avro.specific.SpecificRecord;

/**
 * The topics of one kind of operation.
 *
 * @param routed requests that arrived elsewhere than their fingerprint's partition
 * @param cached answers as they were cached
 */
record KindTopics<Q extends SpecificRecord, R extends SpecificRecord>(
    OperationKind kind,
    Topic<Q> requests,
    Topic<Q> routed,
    Topic<R> results,
    Topic<Attempt> attempts,
    Topic<Cancel> cancels,
    Topic<Control> controls,
    Topic<ToolCached> cached) {

  static final KindTopics<ToolCall, ToolResult> TOOLS =
      new KindTopics<>(
          OperationKind.TOOL,
          Topics.TOOL_CALLS,
          Topics.TOOL_CALLS_ROUTED,
          Topics.TOOL_RESULTS,
          Topics.TOOL_ATTEMPTS,
          Topics.TOOL_CANCELS,
          Topics.TOOL_CONTROLS,
          Topics.TOOL_CACHED);

  static final KindTopics<InferenceRequest, InferenceResult> MODELS =
      new KindTopics<>(
          OperationKind.INFERENCE,
          InferenceTopics.REQUESTS,
          InferenceTopics.REQUESTS_ROUTED,
          InferenceTopics.RESULTS,
          InferenceTopics.ATTEMPTS,
          InferenceTopics.CANCELS,
          InferenceTopics.CONTROLS,
          InferenceTopics.CACHED);
}
