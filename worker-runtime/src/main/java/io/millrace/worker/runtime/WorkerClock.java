package io.millrace.worker.runtime;

/** Both times a worker needs: a monotonic one to measure by, and the wall clock others go by. */
interface WorkerClock {

  /** Nanoseconds on a monotonic clock that started near 0, so that plain comparison is right. */
  long nanos();

  /** Milliseconds since the epoch, UTC. */
  long epochMillis();

  /** The machine's clocks. */
  static WorkerClock system() {
    long origin = System.nanoTime();
    return new WorkerClock() {
      @Override
      public long nanos() {
        return System.nanoTime() - origin;
      }

      @Override
      public long epochMillis() {
        return System.currentTimeMillis();
      }
    };
  }
}
