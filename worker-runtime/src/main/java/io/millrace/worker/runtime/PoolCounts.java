package io.millrace.worker.runtime;

import io.millrace.events.PoolLoad;
import java.util.concurrent.atomic.DoubleAdder;
import java.util.concurrent.atomic.LongAdder;

/** Counts what a worker did for one pool since it started. */
final class PoolCounts {
  private final LongAdder begun = new LongAdder();
  private final LongAdder ended = new LongAdder();
  private final DoubleAdder queueMillis = new DoubleAdder();
  private final DoubleAdder runMillis = new DoubleAdder();
  private final DoubleAdder runMillisSquares = new DoubleAdder();

  /** A task was taken that had waited so long. */
  void begun(double queueMs) {
    queueMillis.add(queueMs);
    begun.increment();
  }

  /** A task has ended that had kept its slot so long. */
  void ended(double runMs) {
    runMillis.add(runMs);
    runMillisSquares.add(runMs * runMs);
    ended.increment();
  }

  /** The counts, as the worker's status has them. */
  PoolLoad load(String pool, int slots, int running) {
    return new PoolLoad(
        pool,
        slots,
        running,
        ended.sum(),
        begun.sum(),
        queueMillis.sum(),
        runMillis.sum(),
        runMillisSquares.sum());
  }
}
