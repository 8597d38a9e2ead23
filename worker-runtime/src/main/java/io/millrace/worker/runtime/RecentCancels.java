package io.millrace.worker.runtime;

import java.util.LinkedHashSet;
import java.util.Set;

/**
 * Remembers the last cancellations, since one may overtake the task that it is about.
 *
 * <p>Bounded: what is forgotten costs a needless run, nothing else.
 */
final class RecentCancels {

  private final int limit;
  private final Set<Key> keys = new LinkedHashSet<>();

  RecentCancels(int limit) {
    this.limit = limit;
  }

  /** Remembers a cancellation; an empty task id means every task of the operation. */
  synchronized void add(String operationId, String taskId) {
    if (keys.size() >= limit) {
      keys.remove(keys.iterator().next());
    }
    keys.add(new Key(operationId, taskId));
  }

  /** Whether a task was cancelled before it arrived. */
  synchronized boolean covers(String operationId, String taskId) {
    return !keys.isEmpty()
        && (keys.contains(new Key(operationId, "")) || keys.contains(new Key(operationId, taskId)));
  }

  private record Key(String operationId, String taskId) {}
}
