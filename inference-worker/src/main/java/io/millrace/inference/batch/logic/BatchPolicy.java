package io.millrace.inference.batch.logic;

import java.util.List;

/**
 * How the requests of a model version are batched.
 *
 * @param rowsMax most rows of one run, at least 1
 * @param preferred sizes to run with, ascending, none above {@code rowsMax}; empty: any
 * @param delayNanos longest wait for a batch to grow, nanoseconds; 0: never
 * @param levels number of priorities, at least 1
 * @param defaultLevel priority of a request that names none, 1 to {@code levels}; 1 is the most
 *     urgent
 * @param queueMax most requests that wait, at least 1
 * @param overhead share by which a row may take longer than in batches of the best size; a batch is
 *     not made larger than it takes to get below
 */
public record BatchPolicy(
    int rowsMax,
    List<Integer> preferred,
    long delayNanos,
    int levels,
    int defaultLevel,
    int queueMax,
    double overhead) {

  /** Checks the bounds. */
  public BatchPolicy {
    if (rowsMax < 1 || delayNanos < 0 || levels < 1 || queueMax < 1) {
      throw new IllegalArgumentException("A batch has rows, a queue has places, time goes forward");
    }
    if (defaultLevel < 1 || defaultLevel > levels) {
      throw new IllegalArgumentException(
          "The default priority is %d of %d".formatted(defaultLevel, levels));
    }
    preferred = List.copyOf(preferred);
  }

  /** The level of a request's priority: 0 is the default, what is beyond the last is the last. */
  int level(int priority) {
    return priority <= 0 ? defaultLevel : Math.min(priority, levels);
  }
}
