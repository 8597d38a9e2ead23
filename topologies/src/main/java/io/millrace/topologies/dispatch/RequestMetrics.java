package io.millrace.topologies.dispatch;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import io.millrace.events.Outcome;
import io.millrace.events.ServedBy;
import io.millrace.state.Answer;
import java.time.Duration;
import java.util.EnumMap;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;

/** What the request path counts: calls by outcome, latency, in flight, timer lateness. */
public final class RequestMetrics {
  private final MeterRegistry registry;
  private final Map<Outcome, Map<ServedBy, Counter>> calls = new EnumMap<>(Outcome.class);
  private final Timer latency;
  private final Counter rejected;
  private final Map<String, Gauges> byTask = new ConcurrentHashMap<>();
  private final AtomicLong latenessMax = new AtomicLong();
  private final AtomicBoolean shown = new AtomicBoolean();

  /**
   * @param registry where the meters go
   */
  public RequestMetrics(MeterRegistry registry) {
    this.registry = registry;
    for (Outcome outcome : Outcome.values()) {
      Map<ServedBy, Counter> counters = new EnumMap<>(ServedBy.class);
      calls.put(outcome, counters);
      for (ServedBy servedBy : ServedBy.values()) {
        counters.put(
            servedBy,
            Counter.builder("millrace.calls")
                .description("Answers given, by outcome and by who served them")
                .tag("outcome", outcome.name())
                .tag("served_by", servedBy.name())
                .register(registry));
      }
    }
    latency =
        Timer.builder("millrace.call.latency")
            .description("From a call's arrival at dispatch to its answer")
            .publishPercentileHistogram()
            .minimumExpectedValue(Duration.ofMillis(1))
            .maximumExpectedValue(Duration.ofMinutes(1))
            .register(registry);
    rejected =
        Counter.builder("millrace.rejections")
            .description("Records that went to rejections")
            .register(registry);
  }

  void answered(Answer answer) {
    Map<ServedBy, Counter> counters = calls.get(answer.getOutcome());
    Counter counter = counters == null ? null : counters.get(answer.getServedBy());
    if (counter != null) {
      counter.increment();
    }
    latency.record((long) answer.getLatencyMs(), TimeUnit.MILLISECONDS);
  }

  /** Counts a record that went to {@code rejections}. */
  public void rejected() {
    rejected.increment();
  }

  /** Shows what dispatch tasks say; only where there are some, as meters are of one owner. */
  private void show() {
    Gauge.builder("millrace.calls.in.flight", this, m -> m.sum(g -> g.inFlight))
        .description("Flights under way")
        .register(registry);
    Gauge.builder("millrace.cache.bytes", this, m -> m.sum(g -> g.cachedBytes))
        .description("Outputs cached")
        .baseUnit("bytes")
        .register(registry);
    Gauge.builder("millrace.timer.lateness", latenessMax, l -> l.getAndSet(0) / 1000.0)
        .description("How late the latest timer since the last scrape was")
        .baseUnit("seconds")
        .register(registry);
  }

  void observe(String task, int inFlight, long cachedBytes, long latenessMillis) {
    if (!shown.getAndSet(true)) {
      show();
    }
    byTask.put(task, new Gauges(inFlight, cachedBytes));
    if (latenessMillis > 0) {
      latenessMax.accumulateAndGet(latenessMillis, Math::max);
    }
  }

  void gone(String task) {
    byTask.remove(task);
  }

  /** The registry the meters are in. */
  public MeterRegistry registry() {
    return registry;
  }

  private double sum(java.util.function.ToLongFunction<Gauges> part) {
    return byTask.values().stream().mapToLong(part).sum();
  }

  private record Gauges(long inFlight, long cachedBytes) {}
}
