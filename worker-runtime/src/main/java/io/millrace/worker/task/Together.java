package io.millrace.worker.task;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Gathers how the tasks end that one thread ends at once, so that it goes to the brokers in one
 * request.
 *
 * <p>A producer that does not linger sends the first record of a burst alone: its sender wakes up
 * at that record and finds no other. Only for what nothing follows: another thread may write
 * meanwhile.
 */
public final class Together {
  /** No more than this is held, so that the producer's own bound holds large answers back. */
  private static final long HELD_BYTES_MAX = 1 << 20;

  private static final ThreadLocal<Together> CURRENT = new ThreadLocal<>();

  private final List<Runnable> held = new ArrayList<>();
  private long bytes;

  private Together() {}

  /** Runs it; what is left for its end by this thread follows. */
  public static void run(Runnable work) {
    if (CURRENT.get() != null) {
      work.run();
      return;
    }
    Together together = new Together();
    CURRENT.set(together);
    try {
      work.run();
    } finally {
      CURRENT.remove();
      together.release();
    }
  }

  /**
   * Does it now, or when the work that goes on on this thread has ended, in order.
   *
   * @param bytes that it holds
   */
  public static void atEnd(Runnable action, int bytes) {
    Together together = CURRENT.get();
    if (together == null) {
      action.run();
      return;
    }
    together.held.add(action);
    together.bytes += bytes;
    if (together.bytes > HELD_BYTES_MAX) {
      together.release();
    }
  }

  /** All of it, even if some of it fails. */
  private void release() {
    List<Runnable> now = List.copyOf(held);
    held.clear();
    bytes = 0;
    @Nullable Throwable failure = null;
    for (Runnable action : now) {
      try {
        action.run();
      } catch (Throwable e) { // the others must not be held up by it
        failure = e;
      }
    }
    if (failure instanceof Error error) {
      throw error;
    }
    if (failure instanceof RuntimeException exception) {
      throw exception;
    }
  }
}
