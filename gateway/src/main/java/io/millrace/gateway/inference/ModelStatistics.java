package io.millrace.gateway.inference;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.millrace.events.InferenceResult;
import io.millrace.events.Outcome;
import io.millrace.events.ServedBy;
import io.millrace.gateway.http.Refusal;
import java.util.EnumMap;
import java.util.Map;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.ToDoubleFunction;

/**
 * What the requests that came through this gateway say of one version of a model, in Triton's
 * words.
 *
 * <p>A run that served several requests at once counts for each of them by its share of the batch.
 */
final class ModelStatistics {
  private static final JsonNodeFactory NODES = JsonNodeFactory.instance;
  private static final int BATCH_SIZES_MAX = 1_024;

  private final String model;
  private final String version;
  private final AtomicInteger pending = new AtomicInteger();
  private final Map<Integer, Sum> batches = new ConcurrentSkipListMap<>();
  private final Sum success = new Sum();
  private final Map<Reason, Sum> failures = new EnumMap<>(Reason.class);
  private final Sum queue = new Sum();
  private final Sum compute = new Sum();
  private final Sum cacheHit = new Sum();
  private final Sum cacheMiss = new Sum();
  private long inferences;
  private double executions;
  private long lastMillis;

  /** Why requests fail, as Triton tells them apart. */
  private enum Reason {
    REJECTED,
    CANCELED,
    BACKEND,
    OTHER;

    static Reason of(Outcome outcome) {
      return switch (outcome) {
        case REFUSED, CIRCUIT_OPEN -> REJECTED;
        case CANCELLED -> CANCELED;
        case TOOL_ERROR, TIMEOUT, LOST -> BACKEND;
        default -> OTHER;
      };
    }

    static Reason of(Throwable failure) {
      Throwable cause =
          failure instanceof CompletionException && failure.getCause() != null
              ? failure.getCause()
              : failure;
      return cause instanceof CancellationException
          ? CANCELED
          : cause instanceof Refusal refusal && refusal.status() == 503 ? REJECTED : OTHER;
    }
  }

  /** A count and the time that it took, guarded by the statistics' lock. */
  private static final class Sum {
    private long count;
    private double millis;

    void add(double more) {
      count++;
      millis += more;
    }

    void add(Sum other) {
      count += other.count;
      millis += other.millis;
    }

    ObjectNode json() {
      return NODES.objectNode().put("count", count).put("ns", Math.round(millis * 1e6));
    }
  }

  ModelStatistics(String model, String version) {
    this.model = model;
    this.version = version;
    for (Reason reason : Reason.values()) {
      failures.put(reason, new Sum());
    }
  }

  /** Registers the counts under Triton's names, which as counters would get another ending. */
  void register(MeterRegistry metrics) {
    gauge(metrics, "nv_inference_request_success", s -> s.success.count);
    failures.forEach(
        (reason, sum) ->
            Gauge.builder("nv_inference_request_failure", this, s -> s.read(x -> sum.count))
                .tag("model", model)
                .tag("version", version)
                .tag("reason", reason.name())
                .register(metrics));
    gauge(metrics, "nv_inference_count", s -> s.inferences);
    gauge(metrics, "nv_inference_exec_count", s -> s.executions);
    gauge(metrics, "nv_inference_pending_request_count", s -> s.pending.get());
    gauge(metrics, "nv_inference_request_duration_us", s -> s.success.millis * 1e3);
    gauge(metrics, "nv_inference_queue_duration_us", s -> s.queue.millis * 1e3);
    gauge(metrics, "nv_inference_compute_infer_duration_us", s -> s.compute.millis * 1e3);
    gauge(metrics, "nv_cache_num_hits_per_model", s -> s.cacheHit.count);
    gauge(metrics, "nv_cache_num_misses_per_model", s -> s.cacheMiss.count);
  }

  private void gauge(MeterRegistry metrics, String name, ToDoubleFunction<ModelStatistics> value) {
    Gauge.builder(name, this, statistics -> statistics.read(value))
        .tag("model", model)
        .tag("version", version)
        .register(metrics);
  }

  private synchronized double read(ToDoubleFunction<ModelStatistics> value) {
    return value.applyAsDouble(this);
  }

  /** A request is on its way. */
  void begins() {
    pending.incrementAndGet();
  }

  /** A request is no longer on its way. */
  void ends() {
    pending.decrementAndGet();
  }

  /** A request ended without a result. */
  synchronized void failed(Throwable failure, double millis) {
    fail(Reason.of(failure), millis);
  }

  private void fail(Reason reason, double millis) {
    failures.getOrDefault(reason, new Sum()).add(millis);
  }

  /**
   * A request has its result.
   *
   * @param rows of the request's batch dimension; 1 without one
   * @param millis since the request began
   */
  synchronized void answered(InferenceResult result, long rows, double millis, long nowMillis) {
    if (result.getOutcome() != Outcome.OK) {
      fail(Reason.of(result.getOutcome()), millis);
      return;
    }
    success.add(millis);
    inferences += rows;
    lastMillis = nowMillis;
    if (result.getServedBy() == ServedBy.CACHE || result.getServedBy() == ServedBy.STALE) {
      cacheHit.add(millis);
      return;
    }
    cacheMiss.add(0);
    queue.add(result.getQueueMs() + result.getBatchMs());
    compute.add(result.getComputeMs());
    int batch = Math.max(1, result.getBatchSize());
    executions += Math.min(1.0, rows / (double) batch);
    if (batches.size() < BATCH_SIZES_MAX || batches.containsKey(batch)) {
      batches.computeIfAbsent(batch, size -> new Sum()).add(result.getComputeMs());
    }
  }

  /** As {@code model_stats} of the protocol. */
  synchronized ObjectNode json() {
    ObjectNode json =
        NODES
            .objectNode()
            .put("name", model)
            .put("version", version)
            .put("last_inference", lastMillis)
            .put("inference_count", inferences)
            .put("execution_count", Math.round(executions));
    ObjectNode inference = json.putObject("inference_stats");
    inference.set("success", success.json());
    Sum fail = new Sum();
    failures.values().forEach(fail::add);
    inference.set("fail", fail.json());
    inference.set("queue", queue.json());
    inference.set("compute_input", new Sum().json());
    inference.set("compute_infer", compute.json());
    inference.set("compute_output", new Sum().json());
    inference.set("cache_hit", cacheHit.json());
    inference.set("cache_miss", cacheMiss.json());
    ArrayNode sizes = json.putArray("batch_stats");
    batches.forEach(
        (size, sum) -> {
          ObjectNode one = sizes.addObject().put("batch_size", size);
          one.set("compute_input", new Sum().json());
          one.set("compute_infer", sum.json());
          one.set("compute_output", new Sum().json());
        });
    return json;
  }
}
