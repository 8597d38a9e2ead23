package io.millrace.benchmarks.process;

import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.util.Arrays;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/**
 * How fast the processor is while something is measured: the processor time of one and the same
 * piece of work, taken twice a second on a thread of its own.
 *
 * <p>The clock rate of a virtual machine, and what its neighbours leave of caches and of a core's
 * second thread, change from minute to minute; processor time a plan changes with them. Figures of
 * two runs can be compared if their references are alike. The work is a chain of xorshift steps
 * (Marsaglia, 2003) that index an array the size of a level 2 cache; it takes about 1 ms.
 */
public final class CpuReference implements AutoCloseable {
  private static final long EVERY_MILLIS = 500;
  private static final int STEPS = 200_000;
  private static final int WORDS = 1 << 17;
  private static final int COMPILE_ROUNDS = 50;

  private final ThreadMXBean threads = ManagementFactory.getThreadMXBean();
  private final long[] memory = new long[WORDS];
  private final CountDownLatch end = new CountDownLatch(1);
  private final Thread thread = new Thread(this::sample, "cpu-reference");
  private double[] millis = {};
  private long state = 88_172_645_463_325_252L;

  private CpuReference() {
    for (int i = 0; i < COMPILE_ROUNDS; i++) {
      work();
    }
    thread.setDaemon(true);
    thread.start();
  }

  /** Starts to sample. */
  public static CpuReference start() {
    return new CpuReference();
  }

  /**
   * Ends it.
   *
   * @return the median, milliseconds; NaN if it was interrupted before the first sample
   */
  public double median() {
    close();
    double[] sorted = millis.clone();
    Arrays.sort(sorted);
    return sorted.length == 0 ? Double.NaN : sorted[sorted.length / 2];
  }

  @Override
  public void close() {
    end.countDown();
    try {
      thread.join();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void sample() {
    try {
      do {
        long before = threads.getCurrentThreadCpuTime();
        work();
        millis = Arrays.copyOf(millis, millis.length + 1);
        millis[millis.length - 1] = (threads.getCurrentThreadCpuTime() - before) / 1e6;
      } while (!end.await(EVERY_MILLIS, TimeUnit.MILLISECONDS));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void work() {
    long x = state;
    for (int i = 0; i < STEPS; i++) {
      x ^= x << 13;
      x ^= x >>> 7;
      x ^= x << 17;
      memory[(int) x & WORDS - 1] += x;
    }
    state = x;
  }
}
