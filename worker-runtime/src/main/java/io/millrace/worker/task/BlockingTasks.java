package io.millrace.worker.task;

import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.Callable;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/** Runs work that blocks on a bounded number of threads and interrupts it when it is called off. */
public final class BlockingTasks implements AutoCloseable {

  private static final long IDLE_THREAD_SECONDS = 30;

  private final ThreadPoolExecutor executor;

  /**
   * Threads are started when needed.
   *
   * @param name prefix of the threads' names
   * @param threads most work that runs at once
   * @param queued most work that waits for a thread; more is refused
   */
  public BlockingTasks(String name, int threads, int queued) {
    AtomicInteger number = new AtomicInteger();
    executor =
        new ThreadPoolExecutor(
            threads,
            threads,
            IDLE_THREAD_SECONDS,
            TimeUnit.SECONDS,
            new ArrayBlockingQueue<>(queued),
            work -> {
              Thread thread = new Thread(work, name + "-" + number.incrementAndGet());
              thread.setDaemon(true);
              return thread;
            });
    executor.allowCoreThreadTimeOut(true);
  }

  /**
   * Runs work on one of the threads.
   *
   * @param work may block; interrupted when the run is called off
   * @param cancellation of the run that the work belongs to
   * @return ends with what the work returned or threw; with {@link CancellationException} if it was
   *     called off before it began; with {@link RejectedExecutionException} if all threads and
   *     places in the queue are taken
   */
  public <T> CompletionStage<T> submit(Callable<T> work, Cancellation cancellation) {
    Job<T> job = new Job<>(work, cancellation);
    cancellation.onCancel(job::interrupt);
    try {
      executor.execute(job);
    } catch (RejectedExecutionException e) {
      job.result.completeExceptionally(
          new RejectedExecutionException(
              "All "
                  + executor.getMaximumPoolSize()
                  + " blocking threads and their queue are taken; raise blocking.threads or lower slots",
              e));
    }
    return job.result;
  }

  /** Interrupts what runs and drops what waits. */
  @Override
  public void close() {
    executor.shutdownNow();
  }

  /** One piece of work; its lock keeps an interrupt from reaching the thread's next work. */
  private static final class Job<T> implements Runnable {
    private final Callable<T> work;
    private final Cancellation cancellation;
    private final CompletableFuture<T> result = new CompletableFuture<>();
    private @Nullable Thread thread;

    Job(Callable<T> work, Cancellation cancellation) {
      this.work = work;
      this.cancellation = cancellation;
    }

    @Override
    public void run() {
      synchronized (this) {
        if (cancellation.requested()) {
          result.completeExceptionally(
              new CancellationException("The run was called off before it began"));
          return;
        }
        thread = Thread.currentThread();
      }
      T value = null;
      Throwable thrown = null;
      try {
        value = work.call();
      } catch (Throwable e) { // an Error of one tool must not pass for the worker's own
        thrown = e;
      }
      synchronized (this) {
        thread = null;
        // A late interrupt was meant for this work, not for the next on this thread.
        boolean unused = Thread.interrupted();
      }
      if (thrown == null) {
        result.complete(value);
      } else {
        result.completeExceptionally(thrown);
      }
    }

    private synchronized void interrupt() {
      if (thread != null) {
        thread.interrupt();
      }
    }
  }
}
