package io.millrace.worker.task;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Has what one thread reports in one go be written in one go, as the ends of the requests of a
 * batch.
 *
 * <p>A producer that does not linger sends the first record of several alone, since its sender
 * wakes up at that record; it would be fetched, processed and answered alone, and the others after
 * it.
 */
public final class Together {
  private static final ThreadLocal<@Nullable List<Runnable>> HELD = new ThreadLocal<>();

  private Together() {}

  /**
   * Runs something; what it reports on this thread is written when it ends, whichever way.
   *
   * @param reporting does not wait for anything that it reports
   */
  public static void run(Runnable reporting) {
    if (HELD.get() != null) {
      reporting.run();
      return;
    }
    List<Runnable> held = new ArrayList<>();
    HELD.set(held);
    try {
      reporting.run();
    } finally {
      HELD.remove();
      held.forEach(Runnable::run);
    }
  }

  /**
   * Writes now, or holds that back where the thread is in {@link #run}.
   *
   * @param writing does not fail
   */
  public static void write(Runnable writing) {
    List<Runnable> held = HELD.get();
    if (held == null) {
      writing.run();
    } else {
      held.add(writing);
    }
  }
}
