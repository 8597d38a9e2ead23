package io.millrace.topologies.scaling;

import io.millrace.events.WorkerStatus;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/** The workers as this instance knows them; fed by a global table, read by the scaling task. */
final class WorkerTable {
  private static final int WORKERS_MAX = 100_000;
  private static final long SILENCE_MILLIS = 5_000;

  private final Map<String, WorkerStatus> news = new ConcurrentHashMap<>();
  private final Map<String, Heard> workers = new ConcurrentHashMap<>();

  private long askedAt = Long.MIN_VALUE;

  private record Heard(WorkerStatus status, long at) {}

  /**
   * Takes what is known of one worker.
   *
   * @param status null: it left
   */
  void put(String id, @Nullable WorkerStatus status) {
    if (status == null) {
      news.remove(id);
      workers.remove(id);
    } else if (workers.size() + news.size() < WORKERS_MAX || workers.containsKey(id)) {
      news.put(id, status);
    }
  }

  /**
   * Those that were heard of within five seconds of the caller's clock; the others are forgotten.
   * When that clock jumped, or stood still, silence is counted from now on.
   */
  List<WorkerStatus> heard(long now) {
    if (now < askedAt || now - SILENCE_MILLIS > askedAt) {
      workers.replaceAll((worker, heard) -> new Heard(heard.status(), now));
    }
    askedAt = now;
    for (String worker : List.copyOf(news.keySet())) {
      WorkerStatus status = news.remove(worker);
      if (status != null) {
        workers.put(worker, new Heard(status, now));
      }
    }
    workers.values().removeIf(heard -> now - heard.at() > SILENCE_MILLIS);
    List<WorkerStatus> statuses = new ArrayList<>();
    workers.values().forEach(heard -> statuses.add(heard.status()));
    return statuses;
  }
}
