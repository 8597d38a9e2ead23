package io.millrace.worker.runtime;

import io.millrace.events.OperationKind;
import io.millrace.events.PoolLoad;
import io.millrace.events.WorkerStatus;
import io.millrace.worker.task.TaskRunner;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentSkipListMap;

/** Says once a second what the worker does. */
final class StatusBeat {

  private static final long PERIOD_NANOS = Duration.ofSeconds(1).toNanos();

  private final WorkerLog log;
  private final TaskDesk desk;
  private final TaskRunner runner;
  private final OperationKind kind;
  private final String workerId;
  private final String host;
  private final WorkerClock clock;
  private final HostMetrics hostMetrics = new HostMetrics();
  private final Instant startedAt;
  private final Map<String, Slots> pools = new ConcurrentSkipListMap<>();
  private volatile boolean draining;
  private long due;

  StatusBeat(
      WorkerLog log,
      TaskDesk desk,
      TaskRunner runner,
      OperationKind kind,
      String workerId,
      String host,
      WorkerClock clock) {
    this.log = log;
    this.desk = desk;
    this.runner = runner;
    this.kind = kind;
    this.workerId = workerId;
    this.host = host;
    this.clock = clock;
    this.startedAt = Instant.ofEpochMilli(clock.epochMillis());
  }

  /** Adds a pool. */
  void pool(String pool, Slots slots) {
    pools.put(pool, slots);
  }

  /** From now on the status says that the worker takes nothing new. */
  void drain() {
    draining = true;
  }

  /** Writes the status if it is due; returns when it is due next. One thread calls it. */
  long tick(long now) {
    if (now >= due) {
      due = now + PERIOD_NANOS;
      log.status(status(now));
    }
    return due;
  }

  private WorkerStatus status(long now) {
    List<PoolLoad> loads = new ArrayList<>();
    pools.forEach(
        (pool, slots) -> loads.add(desk.counts(pool).load(pool, slots.limit(), slots.taken())));
    Map<String, Double> metrics = hostMetrics.read(now);
    metrics.putAll(runner.metrics());
    return WorkerStatus.newBuilder()
        .setId(log.id())
        .setOccurredAt(Instant.ofEpochMilli(clock.epochMillis()))
        .setWorkerId(workerId)
        .setKind(kind)
        .setHost(host)
        .setPid(ProcessHandle.current().pid())
        .setPools(loads)
        .setTargets(runner.ready())
        .setProblems(runner.problems())
        .setDraining(draining)
        .setStartedAt(startedAt)
        .setMetrics(metrics)
        .build();
  }
}
