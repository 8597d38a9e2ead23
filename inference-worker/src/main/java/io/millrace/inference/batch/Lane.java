package io.millrace.inference.batch;

import io.millrace.inference.ModelException;
import io.millrace.inference.batch.logic.BatchPolicy;
import io.millrace.inference.batch.logic.BatchQueue;
import io.millrace.inference.batch.logic.BatchQueue.Entry;
import io.millrace.inference.batch.logic.BatchQueue.Next;
import io.millrace.inference.batch.logic.BatchQueue.Slice;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The queue of one model version and the threads that run its batches; each takes the next batch
 * when it is free.
 *
 * @param <T> what is run
 */
public final class Lane<T> implements AutoCloseable {

  private static final Logger LOG = LoggerFactory.getLogger(Lane.class);

  private final String name;
  private final BatchPolicy policy;
  private final Consumer<T> expired;
  private final BatchQueue<T> queue;
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition arrived = lock.newCondition();
  private final List<Thread> threads = new ArrayList<>();
  private int idle;
  private boolean closing;

  /**
   * Starts the threads.
   *
   * @param name of the model version, for messages
   * @param runs how many batches may run at once
   * @param work made once for each thread, on it
   * @param expired is told of what did not run by its deadline, on one of the threads
   */
  public Lane(
      String name,
      int runs,
      BatchPolicy policy,
      Supplier<? extends BatchWork<T>> work,
      Consumer<T> expired) {
    this.name = name;
    this.policy = policy;
    this.expired = expired;
    this.queue = new BatchQueue<>(policy);
    for (int i = 0; i < runs; i++) {
      Thread thread = new Thread(() -> serve(work), "model-" + name + "-" + i);
      thread.setDaemon(true);
      threads.add(thread);
      thread.start();
    }
  }

  /**
   * Takes a request; does not block.
   *
   * @param rows how many rows it has, at least 1
   * @param shape equal for requests that may run together
   * @param priority 1 is the most urgent; 0: the default
   * @param deadline after this it is not begun, {@link System#nanoTime}
   * @return its place, for {@link #cancel}
   * @throws ModelException QUEUE_FULL or MODEL_UNLOADED; the request was not taken
   */
  public Entry<T> submit(T work, int rows, Object shape, int priority, long deadline) {
    Entry<T> entry;
    lock.lock();
    try {
      if (closing) {
        throw unloaded();
      }
      entry = queue.offer(work, rows, shape, priority, deadline, System.nanoTime());
      if (entry != null && idle > 0) {
        arrived.signal();
      }
    } finally {
      lock.unlock();
    }
    if (entry == null) {
      throw new ModelException(
          "QUEUE_FULL",
          "%d requests wait for %s already; try again later, or add workers"
              .formatted(policy.queueMax(), name),
          true);
    }
    return entry;
  }

  /** What is said to requests that are left when a model is unloaded. */
  public ModelException unloaded() {
    return new ModelException(
        "MODEL_UNLOADED", "%s was unloaded while the request waited for it".formatted(name), true);
  }

  /** Takes a request out again; false: it was out already, or all of it runs. */
  public boolean cancel(Entry<T> entry) {
    lock.lock();
    try {
      return queue.cancel(entry);
    } finally {
      lock.unlock();
    }
  }

  /** How many requests wait. */
  public int waiting() {
    lock.lock();
    try {
      return queue.size();
    } finally {
      lock.unlock();
    }
  }

  private void serve(Supplier<? extends BatchWork<T>> supplier) {
    try (BatchWork<T> work = supplier.get()) {
      Next<T> next = await();
      while (next != null) {
        next.expired().forEach(expired);
        if (!next.batch().isEmpty()) {
          run(work, next.batch());
        }
        next = await();
      }
    } catch (RuntimeException e) {
      LOG.error("A thread of {} ended", name, e);
    }
  }

  private void run(BatchWork<T> work, List<Slice<T>> batch) {
    int rows = 0;
    for (Slice<T> slice : batch) {
      rows += slice.rows();
    }
    long begun = System.nanoTime();
    try {
      work.run(batch);
    } catch (RuntimeException e) {
      LOG.error("A batch of {} failed beside its requests", name, e);
    }
    long nanos = System.nanoTime() - begun;
    lock.lock();
    try {
      queue.ran(rows, nanos);
    } finally {
      lock.unlock();
    }
  }

  /** What to do next; null: nothing any more. */
  private @Nullable Next<T> await() {
    lock.lock();
    try {
      while (true) {
        long now = System.nanoTime();
        Next<T> next = queue.next(now, idle + 1);
        if (!next.batch().isEmpty() || !next.expired().isEmpty()) {
          if (queue.size() > 0 && idle > 0) {
            arrived.signal();
          }
          return next;
        }
        if (closing && queue.size() == 0) {
          return null;
        }
        idle++;
        if (next.wakeAt() == Long.MAX_VALUE) {
          arrived.awaitUninterruptibly();
        } else {
          sleep(next.wakeAt() - now);
        }
        idle--;
      }
    } finally {
      lock.unlock();
    }
  }

  @SuppressWarnings("WaitNotInLoop") // the caller is the loop
  private void sleep(long nanos) {
    try {
      arrived.awaitNanos(nanos);
    } catch (InterruptedException e) {
      LOG.debug("Woken early; the queue is asked again");
    }
  }

  /**
   * Takes nothing new and hands back what waits; what runs goes on.
   *
   * @return the requests that did not run, or not wholly
   */
  public List<T> refuse() {
    lock.lock();
    try {
      closing = true;
      arrived.signalAll();
      return queue.clear();
    } finally {
      lock.unlock();
    }
  }

  /** Takes nothing new and returns once all that waits and runs has ended. */
  @Override
  public void close() {
    lock.lock();
    try {
      closing = true;
      arrived.signalAll();
    } finally {
      lock.unlock();
    }
    for (Thread thread : threads) {
      try {
        thread.join(Duration.ofMinutes(5).toMillis());
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        return;
      }
    }
  }
}
