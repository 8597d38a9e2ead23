package io.millrace.topologies;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.LongConsumer;
import org.apache.kafka.streams.processor.Cancellable;
import org.apache.kafka.streams.processor.PunctuationType;
import org.apache.kafka.streams.processor.Punctuator;
import org.apache.kafka.streams.processor.api.ProcessorContext;

/**
 * Does things at intervals of wall-clock time, also after the clock was set back.
 *
 * <p>Kafka Streams waits until the clock shows the time at which a punctuator is due; a clock that
 * is set back by an hour would stop it for that hour. Here it is scheduled anew with the first
 * record that shows the clock back.
 */
public final class Ticks {
  private static final long SET_BACK_MILLIS = 1_000;

  private final ProcessorContext<?, ?> context;
  private final List<Duty> duties = new ArrayList<>();
  private final List<Cancellable> scheduled = new ArrayList<>();
  private LongConsumer setBack = millis -> {};
  private long latest;

  private record Duty(Duration interval, Punctuator action) {}

  /**
   * @param context of the processor whose thread does these things
   */
  public Ticks(ProcessorContext<?, ?> context) {
    this.context = context;
    this.latest = context.currentSystemTimeMs();
  }

  /** Does this from now on. */
  public void every(Duration interval, Punctuator action) {
    duties.add(new Duty(interval, action));
    schedule(interval, action);
  }

  /**
   * Has this done when the clock was set back, before anything else.
   *
   * @param action gets by how many milliseconds
   */
  public void onSetBack(LongConsumer action) {
    setBack = action;
  }

  private void schedule(Duration interval, Punctuator action) {
    scheduled.add(context.schedule(interval, PunctuationType.WALL_CLOCK_TIME, action));
  }

  /**
   * To be called with every record.
   *
   * @return the time now, milliseconds since the epoch
   */
  public long now() {
    long now = context.currentSystemTimeMs();
    long back = latest - now;
    latest = now;
    if (back > SET_BACK_MILLIS) {
      setBack.accept(back);
      scheduled.forEach(Cancellable::cancel);
      scheduled.clear();
      duties.forEach(duty -> schedule(duty.interval, duty.action));
    }
    return now;
  }
}
