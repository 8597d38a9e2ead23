package io.millrace.topologies.targets;

import io.millrace.events.OperationKind;
import io.millrace.events.WorkerStatus;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * Which models some worker has loaded and warmed, by what workers say of themselves once a second;
 * one that has not been heard of for a while has none.
 */
final class ReadyModels {
  private static final long SILENCE_MILLIS = Duration.ofSeconds(10).toMillis();

  private final InstantSource clock;
  private final Map<String, List<String>> byWorker = new ConcurrentHashMap<>();

  /** By model, when a worker that has it was last heard of, milliseconds since the epoch. */
  private final Map<String, Long> heard = new ConcurrentHashMap<>();

  /** By worker, what it should have and has not; only of those that lack something. */
  private final Map<String, Problems> problems = new ConcurrentHashMap<>();

  private record Problems(Set<String> models, long at) {}

  ReadyModels(InstantSource clock) {
    this.clock = clock;
  }

  /** Takes what a worker says; null: it has left. */
  void put(String worker, @Nullable WorkerStatus status) {
    List<String> before = byWorker.remove(worker);
    List<String> now =
        status != null && status.getKind() == OperationKind.INFERENCE && !status.getDraining()
            ? status.getTargets()
            : List.of();
    if (!now.isEmpty()) {
      byWorker.put(worker, now);
    }
    if (before != null) {
      for (String model : before) {
        if (!now.contains(model) && nobodyHas(model)) {
          heard.remove(model);
        }
      }
    }
    long at = clock.millis();
    if (status == null || status.getProblems().isEmpty()) {
      problems.remove(worker);
    } else {
      problems.put(worker, new Problems(Set.copyOf(status.getProblems().keySet()), at));
    }
    now.forEach(model -> heard.put(model, at));
  }

  private boolean nobodyHas(String model) {
    return byWorker.values().stream().noneMatch(models -> models.contains(model));
  }

  /** Whether a worker says that it cannot have it. */
  boolean troubled(String model) {
    long since = clock.millis() - SILENCE_MILLIS;
    return problems.values().stream()
        .anyMatch(said -> said.at() >= since && said.models().contains(model));
  }

  /** Whether a worker has it ready. */
  boolean ready(String model) {
    Long at = heard.get(model);
    return at != null && clock.millis() - at <= SILENCE_MILLIS;
  }
}
