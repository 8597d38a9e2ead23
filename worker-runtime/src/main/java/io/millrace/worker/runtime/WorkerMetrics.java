package io.millrace.worker.runtime;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import io.millrace.events.Outcome;
import java.util.EnumMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** The meters of a worker; labels are the outcome and the pool, never an id. */
final class WorkerMetrics {

  private final MeterRegistry registry;
  private final Map<Outcome, Counter> tasks = new EnumMap<>(Outcome.class);
  private final Timer run;
  private final Timer claimWait;
  private final Counter beats;
  private final Counter rejections;
  private final Counter abandoned;
  private final Counter repeated;
  private final Counter targetsDropped;

  WorkerMetrics(MeterRegistry registry) {
    this.registry = registry;
    for (Outcome outcome : Outcome.values()) {
      tasks.put(
          outcome,
          Counter.builder("millrace.worker.tasks")
              .description("Tasks ended")
              .tag("outcome", outcome.name())
              .register(registry));
    }
    run =
        Timer.builder("millrace.worker.run").description("Time that runs took").register(registry);
    claimWait =
        Timer.builder("millrace.worker.claim.wait")
            .description("From claim to grant")
            .register(registry);
    beats = counter("millrace.worker.beats", "RUNNING attempts sent");
    rejections = counter("millrace.worker.rejections", "Records that were rejected");
    abandoned = counter("millrace.worker.claims.abandoned", "Claims without a grant");
    repeated =
        counter("millrace.worker.tasks.repeated", "Tasks handed over again while in hand here");
    targetsDropped =
        counter("millrace.worker.targets.dropped", "Target declarations that could not be read");
  }

  private Counter counter(String name, String description) {
    return Counter.builder(name).description(description).register(registry);
  }

  void pool(String pool, Slots slots) {
    Gauge.builder("millrace.worker.running", slots, Slots::taken)
        .description("Tasks in hand")
        .tag("pool", pool)
        .register(registry);
    Gauge.builder("millrace.worker.slots.free", slots, s -> s.limit() - s.taken())
        .description("Slots free")
        .tag("pool", pool)
        .register(registry);
  }

  void ended(Outcome outcome, long runNanos) {
    Counter counter = tasks.get(outcome);
    if (counter != null) {
      counter.increment();
    }
    if (runNanos > 0) {
      run.record(runNanos, TimeUnit.NANOSECONDS);
    }
  }

  void granted(long waitNanos) {
    claimWait.record(waitNanos, TimeUnit.NANOSECONDS);
  }

  void beat() {
    beats.increment();
  }

  void rejected() {
    rejections.increment();
  }

  void abandoned() {
    abandoned.increment();
  }

  void repeated() {
    repeated.increment();
  }

  void targetDropped() {
    targetsDropped.increment();
  }
}
