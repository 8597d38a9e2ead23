package io.millrace.gateway.log;

import io.millrace.events.Cancel;
import io.millrace.events.InferenceRequest;
import io.millrace.events.InferenceResult;
import io.millrace.events.ToolCall;
import io.millrace.events.ToolPlan;
import io.millrace.events.ToolPlanResult;
import io.millrace.events.ToolResult;
import io.millrace.schemas.identity.Fingerprint;
import io.millrace.schemas.topics.InferenceTopics;
import io.millrace.schemas.topics.Topic;
import io.millrace.schemas.topics.Topics;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import org.apache.avro.specific.SpecificRecord;

/**
 * What can be asked through the log and is answered there.
 *
 * @param requests where it is asked
 * @param answers where it is answered, with the operation id as key
 * @param cancels where it is called off
 * @param operationId which request an answer is to
 * @param key the key of a request and of its cancel, by the operation id
 * @param <Q> the request
 * @param <A> the answer
 */
public record Exchange<Q extends SpecificRecord, A extends SpecificRecord>(
    Topic<Q> requests,
    Topic<A> answers,
    Topic<Cancel> cancels,
    Function<A, String> operationId,
    UnaryOperator<String> key) {

  /** Calls of tools. */
  public static final Exchange<ToolCall, ToolResult> CALLS =
      new Exchange<>(
          Topics.TOOL_CALLS,
          Topics.TOOL_RESULTS,
          Topics.TOOL_CANCELS,
          ToolResult::getOperationId,
          Fingerprint::ofOperation);

  /** Plans of calls. */
  public static final Exchange<ToolPlan, ToolPlanResult> PLANS =
      new Exchange<>(
          Topics.TOOL_PLANS,
          Topics.TOOL_PLAN_RESULTS,
          Topics.TOOL_PLAN_CANCELS,
          ToolPlanResult::getOperationId,
          UnaryOperator.identity());

  /** Runs of models. */
  public static final Exchange<InferenceRequest, InferenceResult> INFERENCE =
      new Exchange<>(
          InferenceTopics.REQUESTS,
          InferenceTopics.RESULTS,
          InferenceTopics.CANCELS,
          InferenceResult::getOperationId,
          Fingerprint::ofOperation);
}
