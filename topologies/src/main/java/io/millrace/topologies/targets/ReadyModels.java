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

  /** Those that were ready at any time. */
  private final Set<String> known = ConcurrentHashMap.newKeySet();

  /**
   * By pool, when a worker that takes its tasks was last heard of, milliseconds since the epoch.
   */
  private final Map<String, Long> pools = new ConcurrentHashMap<>();

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
    now.forEach(model -> heard.put(model, at));
    known.addAll(now);
    if (status != null && !status.getDraining()) {
      status.getPools().forEach(load -> pools.put(load.getPool(), at));
    }
  }

  private boolean nobodyHas(String model) {
    return byWorker.values().stream().noneMatch(models -> models.contains(model));
  }

  /** Whether a worker that takes tasks of the pool is there. */
  boolean served(String pool) {
    return lately(pools.get(pool));
  }

  /** Whether a worker had it ready since this instance started. */
  boolean was(String model) {
    return known.contains(model);
  }

  /** Whether a worker has it ready. */
  boolean ready(String model) {
    return lately(heard.get(model));
  }

  private boolean lately(@Nullable Long at) {
    return at != null && clock.millis() - at <= SILENCE_MILLIS;
  }
}
