package io.millrace.worker.runtime;

import java.util.concurrent.CompletableFuture;

/** Where a worker takes tasks from: the share group of a pool, or the group of its sequences. */
sealed interface Intake extends AutoCloseable permits PoolIntake, SequenceIntake {

  /** Begins to take tasks. */
  void start();

  /** Done once the group has been asked for tasks. */
  CompletableFuture<Void> ready();

  /** Stops taking tasks and leaves the group; returns when that is done. */
  @Override
  void close();
}
