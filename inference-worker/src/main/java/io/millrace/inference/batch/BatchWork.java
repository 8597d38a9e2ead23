package io.millrace.inference.batch;

import io.millrace.inference.batch.logic.BatchQueue.Slice;
import java.util.List;

/**
 * Runs batches on one thread of a {@link Lane}, which has an object of its own.
 *
 * @param <T> what is run
 */
public interface BatchWork<T> extends AutoCloseable {

  /** Runs a batch and says to all in it how that ended; what it throws is logged. */
  void run(List<Slice<T>> batch);

  /** Frees what the thread had. */
  @Override
  void close();
}
