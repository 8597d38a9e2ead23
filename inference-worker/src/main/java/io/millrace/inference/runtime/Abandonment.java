package io.millrace.inference.runtime;

import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession.RunOptions;
import io.millrace.inference.batch.logic.BatchQueue.Slice;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Breaks a run off once nobody waits for any of its requests any more. */
final class Abandonment implements Runnable, AutoCloseable {

  private static final Logger LOG = LoggerFactory.getLogger(Abandonment.class);

  private final List<Slice<Request>> batch;
  private final RunOptions options;
  private boolean over;

  /** Watches a run from now until this is closed, which must be before its options are. */
  Abandonment(List<Slice<Request>> batch, RunOptions options) {
    this.batch = batch;
    this.options = options;
    for (Slice<Request> slice : batch) {
      slice.work().whenAbandoned(this);
    }
    // One may have failed just before.
    if (batch.get(0).work().ended()) {
      run();
    }
  }

  @Override
  public synchronized void run() {
    if (over) {
      return;
    }
    for (Slice<Request> slice : batch) {
      if (!slice.work().ended()) {
        return;
      }
    }
    try {
      options.setTerminate(true);
    } catch (OrtException e) {
      LOG.debug("The run goes on although nobody waits for it", e);
    }
  }

  @Override
  public synchronized void close() {
    over = true;
  }
}
