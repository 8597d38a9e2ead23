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

  /** Runs it; what it writes on this thread is sent when it has ended. */
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
      sendAll(held);
    }
  }

  /** All of it, even if some cannot be sent. */
  private static void sendAll(List<Runnable> held) {
    RuntimeException failure = null;
    for (Runnable sending : held) {
      try {
        sending.run();
      } catch (RuntimeException e) {
        failure = e;
      }
    }
    if (failure != null) {
      throw failure;
    }
  }

  /** Sends now, or when the work that goes on has ended. */
  public static void send(Runnable sending) {
    List<Runnable> held = HELD.get();
    if (held == null) {
      sending.run();
    } else {
      held.add(sending);
    }
  }
}
