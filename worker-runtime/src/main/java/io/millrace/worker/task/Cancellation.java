package io.millrace.worker.task;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A one-way signal that a run is called off; whoever holds resources of the run listens to it. */
public final class Cancellation {

  private static final Logger LOG = LoggerFactory.getLogger(Cancellation.class);

  private volatile boolean requested;
  private @Nullable List<Runnable> listeners;

  /** True from the moment the run is called off. */
  public boolean requested() {
    return requested;
  }

  /**
   * Runs an action once when the run is called off: at once, on this thread, if it already was.
   *
   * @param action must not block; what it throws is logged
   */
  public void onCancel(Runnable action) {
    synchronized (this) {
      if (!requested) {
        if (listeners == null) {
          listeners = new ArrayList<>(2);
        }
        listeners.add(action);
        return;
      }
    }
    call(action);
  }

  /** Calls the run off. The second and later calls do nothing. */
  public void cancel() {
    List<Runnable> actions;
    synchronized (this) {
      if (requested) {
        return;
      }
      requested = true;
      actions = listeners == null ? List.of() : listeners;
      listeners = null;
    }
    actions.forEach(Cancellation::call);
  }

  private static void call(Runnable action) {
    try {
      action.run();
    } catch (RuntimeException e) {
      LOG.warn("An action on cancellation failed; the run is cancelled all the same", e);
    }
  }
}
