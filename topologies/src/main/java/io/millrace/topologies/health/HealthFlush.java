package io.millrace.topologies.health;

import io.millrace.topologies.Ticks;
import io.millrace.topologies.health.logic.HealthFold;
import java.time.Duration;
import org.apache.kafka.streams.processor.api.ProcessorContext;
import org.apache.kafka.streams.processor.api.Record;

/** Sends what a stream task folds of its targets' health to {@code health.summaries}. */
public final class HealthFlush {
  /** For circuits, which are to open within half a second. */
  public static final Duration OFTEN = Duration.ofMillis(100);

  /** For what is learnt over minutes. */
  public static final Duration SELDOM = Duration.ofSeconds(5);

  private HealthFlush() {}

  /**
   * The fold of one task, flushed at intervals from now on.
   *
   * @param ticks of the processor
   * @param stream name of the stream, unique among those that fold
   * @param sink name of the sink of {@code health.summaries} below the processor
   * @param interval {@link #OFTEN} or {@link #SELDOM}
   */
  public static HealthFold start(
      ProcessorContext<String, Object> context,
      Ticks ticks,
      String stream,
      String sink,
      Duration interval) {
    HealthFold fold =
        new HealthFold(
            stream + "/" + context.taskId().partition(),
            context::currentSystemTimeMs,
            summary ->
                context.forward(
                    new Record<>(
                        summary.getTarget(), summary, summary.getOccurredAt().toEpochMilli()),
                    sink));
    ticks.every(interval, now -> fold.flush());
    return fold;
  }
}
