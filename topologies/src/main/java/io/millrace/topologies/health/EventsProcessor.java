package io.millrace.topologies.health;

import io.millrace.events.Failure;
import io.millrace.events.InferenceResult;
import io.millrace.events.Outcome;
import io.millrace.events.PeerReceipt;
import io.millrace.events.PipelineRun;
import io.millrace.events.ServedBy;
import io.millrace.events.TargetKind;
import io.millrace.events.TrainingStep;
import io.millrace.schemas.serde.Received;
import io.millrace.topologies.Rejections;
import io.millrace.topologies.Ticks;
import io.millrace.topologies.dispatch.RequestMetrics;
import io.millrace.topologies.health.logic.HealthFold;
import org.apache.avro.specific.SpecificRecord;
import org.apache.kafka.streams.processor.api.ContextualProcessor;
import org.apache.kafka.streams.processor.api.ProcessorContext;
import org.apache.kafka.streams.processor.api.Record;
import org.jspecify.annotations.Nullable;

/**
 * Folds what inference, mesh, training and pipelines report, whoever produced it, into summaries.
 */
final class EventsProcessor
    extends ContextualProcessor<String, Received<? extends SpecificRecord>, String, Object> {
  private final RequestMetrics metrics;
  private Ticks ticks;
  private HealthFold health;

  @SuppressWarnings("NullAway.Init") // Kafka calls init before anything else
  EventsProcessor(RequestMetrics metrics) {
    this.metrics = metrics;
  }

  @Override
  public void init(ProcessorContext<String, Object> context) {
    super.init(context);
    ticks = new Ticks(context);
    health =
        HealthFlush.start(
            context, ticks, HealthTopology.EVENTS, HealthTopology.SUMMARIES, HealthFlush.OFTEN);
  }

  @Override
  public void process(Record<String, Received<? extends SpecificRecord>> record) {
    ticks.now();
    Received<? extends SpecificRecord> received = record.value();
    if (received == null) {
      return;
    }
    SpecificRecord event = received.record();
    if (event == null) {
      metrics.rejected();
      context()
          .forward(
              Rejections.undecodable(context(), record, received), HealthTopology.EVENT_REJECTIONS);
      return;
    }
    long at = record.timestamp();
    if (event instanceof InferenceResult result) {
      // What dispatch answered it has counted as an attempt already.
      if (result.getServedBy() == ServedBy.EXTERNAL && result.getLast()) {
        add(
            result.getTarget(),
            TargetKind.MODEL,
            result.getOutcome(),
            result.getFailure(),
            result.getLatencyMs(),
            time(result.getOccurredAt(), at));
      }
    } else if (event instanceof PeerReceipt receipt) {
      add(
          receipt.getTarget(),
          TargetKind.PEER,
          receipt.getOutcome(),
          receipt.getFailure(),
          receipt.getLatencyMs(),
          time(receipt.getOccurredAt(), at));
    } else if (event instanceof TrainingStep step) {
      add(
          step.getTarget(),
          TargetKind.TRAINING,
          step.getOutcome(),
          step.getFailure(),
          step.getLatencyMs(),
          time(step.getOccurredAt(), at));
    } else if (event instanceof PipelineRun run) {
      add(
          run.getTarget(),
          TargetKind.PIPELINE,
          run.getOutcome(),
          run.getFailure(),
          run.getLatencyMs(),
          time(run.getOccurredAt(), at));
    }
  }

  private static long time(java.time.Instant occurredAt, long timestamp) {
    long at = occurredAt.toEpochMilli();
    return at > 0 ? at : timestamp;
  }

  private void add(
      String target,
      TargetKind kind,
      Outcome outcome,
      @Nullable Failure failure,
      double latencyMs,
      long at) {
    if (target.isEmpty()) {
      return;
    }
    health.add(
        target, kind, outcome, failure == null ? "" : failure.getCode(), latencyMs, 0, 0, 0, 0, at);
  }
}
