package io.millrace.platform.advice;

import io.millrace.events.HealthStatus;
import io.millrace.events.ModelSpec;
import io.millrace.events.ScalingDecision;
import io.millrace.events.TargetSpec;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Says what should be set differently, by rules that each need enough operations to speak.
 *
 * <p>It looks at what is declared, at the health of the last ten seconds and at what was used
 * today; it changes nothing.
 */
public final class Advisor {
  /** Fewer operations say nothing. */
  private static final long SPEAKS = 100;

  /** So many look-ups without a hit say that a cache is of no use. */
  private static final long CACHE_SPEAKS = 1_000;

  private static final double BATCH_FULL = 0.9;
  private static final double NEAR_TIMEOUT = 0.8;
  private static final double ATTEMPTS_MANY = 1.1;
  private static final double TAIL_LONG = 10;
  private static final String POOL = "pool:";

  private final List<Advice> advice = new ArrayList<>();

  private Advisor() {}

  /**
   * All advice, by target.
   *
   * @param targets declared ones and pools, by name
   * @param health by target
   * @param scaling the last decision on each pool
   * @param used today, by target
   */
  public static List<Advice> of(
      Map<String, TargetSpec> targets,
      Map<String, HealthStatus> health,
      Map<String, ScalingDecision> scaling,
      Map<String, UsageSum> used) {
    Advisor advisor = new Advisor();
    new TreeMap<>(targets)
        .forEach(
            (name, spec) -> {
              UsageSum sum = used.get(name);
              if (sum != null) {
                advisor.cache(name, spec, sum);
                advisor.batches(name, spec, sum);
                advisor.retries(name, sum);
              }
              HealthStatus status = health.get(name);
              if (status != null && status.getWindowCount() >= SPEAKS) {
                advisor.timeout(name, spec, status);
                advisor.tail(name, spec, status);
              }
            });
    new TreeMap<>(scaling)
        .values()
        .forEach(decision -> advisor.pool(targets.get(POOL + decision.getPool()), decision));
    return List.copyOf(advisor.advice);
  }

  private void say(String target, String code, String text, Map<String, Double> evidence) {
    advice.add(new Advice(target, code, text, evidence));
  }

  private void cache(String name, TargetSpec spec, UsageSum sum) {
    if (spec.getCacheTtlMs() == null || sum.operations() < CACHE_SPEAKS || sum.spared() > 0) {
      return;
    }
    Map<String, Double> evidence =
        Map.of("operations", (double) sum.operations(), "answered_without_a_run", 0.0);
    if (spec.getSpeculate()) {
      say(
          name,
          "SPECULATION_UNUSED",
          String.format(
              Locale.ROOT,
              "turn speculate off: none of %,d calls today met what was run ahead of it",
              sum.operations()),
          evidence);
    }
    say(
        name,
        "CACHE_UNUSED",
        String.format(
            Locale.ROOT,
            "drop cacheable: of %,d operations today not one was answered from the cache",
            sum.operations()),
        evidence);
  }

  private void batches(String name, TargetSpec spec, UsageSum sum) {
    ModelSpec model = spec.getModel();
    if (model == null || sum.batched() < SPEAKS) {
      return;
    }
    double mean = (double) sum.batchRows() / sum.batched();
    double queue = sum.queueMs() / sum.batched();
    double most = Math.max(1, model.getBatchMax());
    double compute = sum.computeMs() / sum.batched() * mean;
    Map<String, Double> evidence =
        Map.of(
            "mean_batch", mean,
            "batch_max", most,
            "mean_queue_ms", queue,
            "mean_run_ms", compute);
    if (mean < BATCH_FULL * most || queue <= compute) {
      return;
    }
    if (model.getBatchMax() > 1) {
      say(
          name,
          "BATCHES_FULL",
          String.format(
              Locale.ROOT,
              "raise max_batch_size: batches have %.1f of at most %.0f rows, and requests wait"
                  + " %.1f ms for runs of %.1f ms",
              mean,
              most,
              queue,
              compute),
          evidence);
    } else {
      say(
          name,
          "NOT_BATCHED",
          String.format(
              Locale.ROOT,
              "let it run in batches (a batch dimension and max_batch_size), or give its pool more"
                  + " replicas: requests wait %.1f ms for runs of %.1f ms",
              queue,
              compute),
          evidence);
    }
  }

  private void retries(String name, UsageSum sum) {
    if (sum.run() < SPEAKS || sum.attempts() < ATTEMPTS_MANY * sum.run()) {
      return;
    }
    say(
        name,
        "MANY_RETRIES",
        String.format(
            Locale.ROOT,
            "look at why attempts fail, or lower attempts and the retry budget: %,d attempts for"
                + " %,d operations today, %,d of them OK",
            sum.attempts(),
            sum.run(),
            sum.ok()),
        Map.of(
            "attempts", (double) sum.attempts(),
            "operations", (double) sum.run(),
            "ok", (double) sum.ok()));
  }

  private void timeout(String name, TargetSpec spec, HealthStatus status) {
    if (status.getP99Ms() < NEAR_TIMEOUT * spec.getTimeoutMs()) {
      return;
    }
    say(
        name,
        "NEAR_TIMEOUT",
        String.format(
            Locale.ROOT,
            "raise timeout, or find what is slow: of %,d attempts the 99th percentile ran %.0f ms of"
                + " the %,d ms allowed, and %.1f %% ran out of time",
            status.getWindowCount(),
            status.getP99Ms(),
            spec.getTimeoutMs(),
            100 * status.getTimeoutRate()),
        Map.of(
            "p99_ms",
            status.getP99Ms(),
            "timeout_ms",
            (double) spec.getTimeoutMs(),
            "timeout_rate",
            status.getTimeoutRate(),
            "attempts",
            (double) status.getWindowCount()));
  }

  private void tail(String name, TargetSpec spec, HealthStatus status) {
    if (!spec.getIdempotent()
        || spec.getHedge() != null
        || status.getP50Ms() <= 0
        || status.getP99Ms() < TAIL_LONG * status.getP50Ms()) {
      return;
    }
    say(
        name,
        "LONG_TAIL",
        String.format(
            Locale.ROOT,
            "hedge: it is idempotent, and its 99th percentile of %.0f ms is %.0f times its median of"
                + " %.1f ms",
            status.getP99Ms(),
            status.getP99Ms() / status.getP50Ms(),
            status.getP50Ms()),
        Map.of(
            "p99_ms", status.getP99Ms(),
            "p50_ms", status.getP50Ms(),
            "attempts", (double) status.getWindowCount()));
  }

  /**
   * @param pool null: it is declared no longer
   */
  private void pool(@Nullable TargetSpec pool, ScalingDecision decision) {
    if (pool == null
        || pool.getScaling() == null
        || decision.getReplicas() < decision.getReplicasMax()
        || decision.getRejectedReplicas() <= decision.getReplicas()) {
      return;
    }
    say(
        POOL + decision.getPool(),
        "POOL_AT_MAXIMUM",
        String.format(
            Locale.ROOT,
            "raise max, or the shared budget: it has all %d replicas it may have and needs %d for"
                + " %.1f/s (%s)",
            decision.getReplicas(),
            decision.getRejectedReplicas(),
            decision.getForecastPerS(),
            decision.getRejectedReason()),
        Map.of(
            "replicas", (double) decision.getReplicas(),
            "needed_replicas", (double) decision.getRejectedReplicas(),
            "forecast_per_s", decision.getForecastPerS()));
  }
}
