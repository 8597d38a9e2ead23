package io.millrace.topologies.plan;

import io.millrace.events.Failure;
import io.millrace.events.ServedBy;
import io.millrace.events.TargetKind;
import io.millrace.events.ToolResult;
import io.millrace.schemas.serde.Received;
import io.millrace.topologies.Rejections;
import io.millrace.topologies.Ticks;
import io.millrace.topologies.dispatch.RequestMetrics;
import io.millrace.topologies.health.HealthFlush;
import io.millrace.topologies.health.logic.HealthFold;
import io.millrace.topologies.targets.TargetTable;
import org.apache.kafka.streams.processor.api.ContextualProcessor;
import org.apache.kafka.streams.processor.api.ProcessorContext;
import org.apache.kafka.streams.processor.api.Record;

/** Sorts tool results: to the plan they belong to, and runs that outsiders report to health. */
final class ResultsProcessor
    extends ContextualProcessor<String, Received<ToolResult>, String, Object> {
  private final RequestMetrics metrics;
  private Ticks ticks;
  private HealthFold health;

  @SuppressWarnings("NullAway.Init") // Kafka calls init before anything else
  ResultsProcessor(RequestMetrics metrics) {
    this.metrics = metrics;
  }

  @Override
  public void init(ProcessorContext<String, Object> context) {
    super.init(context);
    ticks = new Ticks(context);
    health =
        HealthFlush.start(
            context, ticks, PlanTopology.RESULTS, PlanTopology.SUMMARIES, HealthFlush.OFTEN);
  }

  @Override
  public void process(Record<String, Received<ToolResult>> record) {
    ticks.now();
    Received<ToolResult> received = record.value();
    if (received == null) {
      return;
    }
    ToolResult result = received.record();
    if (result == null) {
      metrics.rejected();
      context()
          .forward(Rejections.undecodable(context(), record, received), PlanTopology.REJECTIONS);
    } else if (result.getServedBy() == ServedBy.EXTERNAL) {
      fold(result, record.timestamp());
    } else if (!result.getParentCall().isEmpty()) {
      context().forward(record.withValue((Object) result), PlanTopology.PLAN);
    }
  }

  private void fold(ToolResult result, long timestamp) {
    Failure failure = result.getFailure();
    long at = result.getOccurredAt().toEpochMilli();
    String output = result.getOutput();
    health.add(
        TargetTable.toolName(result.getTarget()),
        TargetKind.TOOL,
        result.getOutcome(),
        failure == null ? "" : failure.getCode(),
        result.getLatencyMs(),
        0,
        output == null ? 0 : output.length(),
        result.getCostMicros(),
        0,
        at > 0 ? at : timestamp);
  }
}
