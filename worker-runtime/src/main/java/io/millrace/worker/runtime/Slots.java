package io.millrace.worker.runtime;

import io.millrace.worker.limit.ConcurrencyLimiter;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * Counts the tasks a pool has in hand, and their bytes, against its bounds.
 *
 * <p>One thread takes and waits, any thread releases. The waiting thread is woken only when what it
 * waits for is there, so that a release costs two atomic additions.
 */
final class Slots {

  private final long bytesLimit;
  private final ConcurrencyLimiter limiter;
  private volatile int bound;
  private volatile int adapted = Integer.MAX_VALUE;
  private volatile int limit;
  private final AtomicInteger taken = new AtomicInteger();
  private final AtomicLong bytes = new AtomicLong();
  private volatile @Nullable Thread waiter;
  private volatile int wanted;
  private volatile boolean closed;

  /**
   * All free.
   *
   * @param limit most tasks in hand
   * @param bytesLimit no more are taken once those in hand have this many bytes
   */
  Slots(int limit, long bytesLimit) {
    this.limit = limit;
    this.bound = limit;
    this.bytesLimit = bytesLimit;
    this.limiter = new ConcurrencyLimiter(limit);
  }

  /** Whether this many tasks, or as many as the limit allows, may be taken now. */
  boolean free(int count) {
    int most = limit;
    return most - taken.get() >= Math.min(count, most) && bytes.get() < bytesLimit;
  }

  /** Takes one slot; the caller has made sure that it is free. */
  void take(long taskBytes) {
    taken.incrementAndGet();
    bytes.addAndGet(taskBytes);
  }

  /** Gives one slot back. */
  void release(long taskBytes) {
    bytes.addAndGet(-taskBytes);
    taken.decrementAndGet();
    wake();
  }

  private void wake() {
    Thread waiting = waiter;
    if (waiting != null && free(wanted)) {
      LockSupport.unpark(waiting);
    }
  }

  /** Waits until this many slots are free. False: closed instead. */
  boolean awaitFree(int count) {
    if (!closed && !free(count)) {
      wanted = count;
      waiter = Thread.currentThread();
      while (!closed && !free(count)) {
        LockSupport.park(this);
        if (Thread.interrupted()) {
          closed = true;
        }
      }
      waiter = null;
    }
    return !closed;
  }

  /** Ends the wait, now and for ever; releasing goes on. */
  void close() {
    closed = true;
    Thread waiting = waiter;
    if (waiting != null) {
      LockSupport.unpark(waiting);
    }
  }

  int limit() {
    return limit;
  }

  /** What tells how many tasks may be in hand, where their target lets it. */
  ConcurrencyLimiter limiter() {
    return limiter;
  }

  /**
   * Changes the bound on tasks in hand; those in hand stay, even if they are more.
   *
   * @param newLimit 1 or more
   */
  void limit(int newLimit) {
    bound = newLimit;
    update();
  }

  /** Lets no more tasks be in hand than the limiter says, within the bound. */
  void adapt(int newLimit) {
    adapted = newLimit;
    update();
  }

  private void update() {
    limit = Math.max(1, Math.min(bound, adapted));
    wake();
  }

  int taken() {
    return taken.get();
  }
}
