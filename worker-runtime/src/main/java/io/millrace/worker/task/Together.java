package io.millrace.worker.task;

import java.util.ArrayList;
import java.util.List;

/**
 * Gathers what one thread writes while it ends several tasks, so that it goes to the brokers in one
 * request.
 *
 * <p>A producer that does not linger sends the first record of a burst alone: its sender wakes up
 * at that record and finds no other.
 */
public final class Together {
  private static final ThreadLocal<List<Runnable>> HELD = new ThreadLocal<>();

  private Together() {}

  /** Runs it; what is left for its end by this thread follows. */
  public static void run(Runnable work) {
    if (HELD.get() != null) {
      work.run();
      return;
    }
    List<Runnable> held = new ArrayList<>();
    HELD.set(held);
    try {
      work.run();
    } finally {
      HELD.remove();
      doAll(held);
    }
  }

  /** All of it, even if some of it fails. */
  private static void doAll(List<Runnable> held) {
    RuntimeException failure = null;
    for (Runnable action : held) {
      try {
        action.run();
      } catch (RuntimeException e) {
        failure = e;
      }
    }
    if (failure != null) {
      throw failure;
    }
  }

  /** Does it now, or when the work that goes on on this thread has ended, in order. */
  public static void atEnd(Runnable action) {
    List<Runnable> held = HELD.get();
    if (held == null) {
      action.run();
    } else {
      held.add(action);
    }
  }
}
