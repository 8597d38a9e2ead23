package io.millrace.topologies.health;

import io.millrace.topologies.health.logic.HealthFold;
import java.time.Duration;
import org.apache.kafka.streams.processor.PunctuationType;
import org.apache.kafka.streams.processor.api.ProcessorContext;
import org.apache.kafka.streams.processor.api.Record;

/** Sends what a stream task folds of its targets' health to {@code health.summaries}. */
public final class HealthFlush {
  private static final Duration INTERVAL = Duration.ofMillis(100);

  private HealthFlush() {}

  /**
   * The fold of one task, flushed ten times a second from now on.
   *
   * @param stream name of the stream, unique among those that fold
   * @param sink name of the sink of {@code health.summaries} below the processor
   */
  public static HealthFold start(
      ProcessorContext<String, Object> context, String stream, String sink) {
    HealthFold fold =
        new HealthFold(
            stream + "/" + context.taskId().partition(),
            context::currentSystemTimeMs,
            summary ->
                context.forward(
                    new Record<>(
                        summary.getTarget(), summary, summary.getOccurredAt().toEpochMilli()),
                    sink));
    context.schedule(INTERVAL, PunctuationType.WALL_CLOCK_TIME, now -> fold.flush());
    return fold;
  }
}
