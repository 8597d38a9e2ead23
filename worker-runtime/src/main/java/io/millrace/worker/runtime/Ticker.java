package io.millrace.worker.runtime;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.locks.LockSupport;
import java.util.function.LongUnaryOperator;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Does on one thread what falls due with time: beats, timeouts, expired claims, status.
 *
 * <p>There is one next moment instead of a timer per task: a task that begins compares its own with
 * it, one volatile read, and most never fall due. The price is a scan when one does, at most every
 * 10 ms.
 */
final class Ticker implements AutoCloseable {

  private static final Logger LOG = LoggerFactory.getLogger(Ticker.class);
  private static final long RESOLUTION_NANOS = Duration.ofMillis(10).toNanos();

  private final WorkerClock clock;
  private final List<LongUnaryOperator> duties;
  private final Thread thread;
  private volatile long next = 0;
  private volatile boolean stopping;

  /**
   * Not started yet.
   *
   * @param duties each is given the time, does what is due and returns when it is due next; in
   *     nanoseconds on the clock
   */
  Ticker(WorkerClock clock, List<LongUnaryOperator> duties) {
    this.clock = clock;
    this.duties = List.copyOf(duties);
    this.thread = new Thread(this::run, "worker-ticker");
  }

  void start() {
    thread.start();
  }

  /** Makes sure that the duties are called at this time, or soon after. */
  void at(long due) {
    if (due < next) {
      synchronized (this) {
        if (due < next) {
          next = due;
          LockSupport.unpark(thread);
        }
      }
    }
  }

  private void run() {
    while (!stopping) {
      long now = clock.nanos();
      long wait = next - now;
      if (wait > 0) {
        LockSupport.parkNanos(this, wait);
      } else {
        // Before the scan: what begins during it and is missed by it sets the time again.
        next = Long.MAX_VALUE;
        long due = Long.MAX_VALUE;
        for (LongUnaryOperator duty : duties) {
          due = Math.min(due, call(duty, now));
        }
        at(Math.max(due, now + RESOLUTION_NANOS));
      }
    }
  }

  private static long call(LongUnaryOperator duty, long now) {
    try {
      return duty.applyAsLong(now);
    } catch (RuntimeException e) {
      LOG.error("What was due failed; going on", e);
      return now + Duration.ofSeconds(1).toNanos();
    }
  }

  @Override
  public void close() {
    stopping = true;
    LockSupport.unpark(thread);
    try {
      thread.join();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
