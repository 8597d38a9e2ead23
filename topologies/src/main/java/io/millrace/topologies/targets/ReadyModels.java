package io.millrace.topologies.targets;

import io.millrace.events.OperationKind;
import io.millrace.events.WorkerStatus;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * Which models some worker has loaded and warmed, which pools have a worker that takes tasks, and
 * since when, by what workers say of themselves once a second; one that has not been heard of for a
 * while has none.
 */
final class ReadyModels {
  private static final long SILENCE_MILLIS = Duration.ofSeconds(10).toMillis();

  private final InstantSource clock;
  private final Map<String, List<String>> byWorker = new ConcurrentHashMap<>();

  /** By model, when a worker that has it was heard of. */
  private final Map<String, Heard> heard = new ConcurrentHashMap<>();

  /** By pool, when a worker that takes its tasks was heard of. */
  private final Map<String, Heard> pools = new ConcurrentHashMap<>();

  /** Without a pause since then, and last; milliseconds since the epoch. */
  private record Heard(long since, long at) {}

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
    now.forEach(model -> heard.compute(model, (m, last) -> heard(last, at)));
    if (status != null && !status.getDraining()) {
      status
          .getPools()
          .forEach(load -> pools.compute(load.getPool(), (pool, last) -> heard(last, at)));
    }
  }

  private boolean nobodyHas(String model) {
    return byWorker.values().stream().noneMatch(models -> models.contains(model));
  }

  /** Whether a worker that takes tasks of the pool is there. */
  boolean served(String pool) {
    return lately(pools.get(pool));
  }

  /**
   * Since when a worker of the pool has been there without a pause, milliseconds since the epoch;
   * 0: there is none.
   */
  long servedSince(String pool) {
    return since(pools.get(pool));
  }

  /**
   * Since when a worker has it ready without a pause, milliseconds since the epoch; 0: none has.
   */
  long readySince(String model) {
    return since(heard.get(model));
  }

  /** Whether a worker has it ready. */
  boolean ready(String model) {
    return lately(heard.get(model));
  }

  private boolean lately(@Nullable Heard of) {
    return of != null && clock.millis() - of.at() <= SILENCE_MILLIS;
  }

  private long since(@Nullable Heard of) {
    return of != null && lately(of) ? of.since() : 0;
  }

  private static Heard heard(@Nullable Heard last, long at) {
    return new Heard(last == null || at - last.at() > SILENCE_MILLIS ? at : last.since(), at);
  }
}
