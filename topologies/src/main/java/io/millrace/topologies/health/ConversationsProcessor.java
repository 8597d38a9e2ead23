package io.millrace.topologies.health;

import io.millrace.events.TargetKind;
import io.millrace.events.ToolStep;
import io.millrace.schemas.serde.Received;
import io.millrace.topologies.Ticks;
import io.millrace.topologies.health.logic.Conversations;
import io.millrace.topologies.health.logic.HealthFold;
import io.millrace.topologies.targets.TargetTable;
import java.time.Duration;
import org.apache.kafka.streams.processor.api.ContextualProcessor;
import org.apache.kafka.streams.processor.api.ProcessorContext;
import org.apache.kafka.streams.processor.api.Record;

/**
 * Learns from the steps of conversations, which lie in one partition each, which target rests on
 * which, and adds that to the summaries of the targets. Only registered targets count.
 */
final class ConversationsProcessor
    extends ContextualProcessor<String, Received<ToolStep>, String, Object> {
  private static final double LATENCY_MAX_MILLIS = Duration.ofDays(1).toMillis();

  private final TargetTable targets;
  private final Conversations conversations = new Conversations();
  private Ticks ticks;
  private HealthFold health;

  @SuppressWarnings("NullAway.Init") // Kafka calls init before anything else
  ConversationsProcessor(TargetTable targets) {
    this.targets = targets;
  }

  @Override
  public void init(ProcessorContext<String, Object> context) {
    super.init(context);
    ticks = new Ticks(context);
    health =
        HealthFlush.start(
            context,
            ticks,
            HealthTopology.CONVERSATIONS,
            HealthTopology.CONVERSATION_SUMMARIES,
            HealthFlush.SELDOM);
  }

  @Override
  public void process(Record<String, Received<ToolStep>> record) {
    long now = ticks.now();
    // What cannot be read is rejected by speculation, which reads the same topic.
    ToolStep step = record.value() == null ? null : record.value().record();
    if (step == null || step.getTarget().isEmpty() || step.getCorrelationId().isEmpty()) {
      return;
    }
    String target = TargetTable.toolName(step.getTarget());
    if (targets.target(target) == null) {
      return;
    }
    long endedAt = step.getOccurredAt().toEpochMilli();
    // A client may write anything; Math.max and min take NaN along, and a cast makes 0 of it.
    long millis = (long) Math.min(LATENCY_MAX_MILLIS, Math.max(0, step.getLatencyMs()));
    conversations.ended(
        step.getTenant() + '/' + step.getCorrelationId(),
        target,
        endedAt - millis,
        endedAt,
        other -> health.restsOn(target, TargetKind.TOOL, other, now));
  }
}
