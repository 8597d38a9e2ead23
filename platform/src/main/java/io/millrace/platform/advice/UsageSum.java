package io.millrace.platform.advice;

import io.millrace.events.OperationKind;
import io.millrace.events.UsageWindow;
import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;

/**
 * What was used within one window: the sum over the parts that the ledger counted.
 *
 * @param tenant who used it; empty: all
 * @param target what was used
 * @param operations that ended
 * @param ok of these, with outcome OK
 * @param spared of these, answered without a run
 * @param attempts sent to workers
 * @param computeMs that they kept workers computing
 * @param costMicros millionths of the billing currency
 * @param latencyMs from arrival to answer, all together
 * @param queueMs of that, waiting for a worker and for a batch
 * @param batched operations that ran in a batch
 * @param batchRows rows of their batches, added up once for each of these
 */
public record UsageSum(
    String tenant,
    String target,
    OperationKind kind,
    long operations,
    long ok,
    long spared,
    long attempts,
    long bytesIn,
    long bytesOut,
    double computeMs,
    long costMicros,
    double latencyMs,
    double queueMs,
    long batched,
    long batchRows) {

  private static UsageSum of(UsageWindow window, String tenant) {
    return new UsageSum(
        tenant,
        window.getTarget(),
        window.getKind(),
        window.getOperations(),
        window.getOk(),
        window.getSpared(),
        window.getAttempts(),
        window.getBytesIn(),
        window.getBytesOut(),
        window.getComputeMs(),
        window.getCostMicros(),
        window.getLatencyMs(),
        window.getQueueMs(),
        window.getBatched(),
        window.getBatchRows());
  }

  private UsageSum plus(UsageSum other) {
    return new UsageSum(
        tenant,
        target,
        kind,
        operations + other.operations,
        ok + other.ok,
        spared + other.spared,
        attempts + other.attempts,
        bytesIn + other.bytesIn,
        bytesOut + other.bytesOut,
        computeMs + other.computeMs,
        costMicros + other.costMicros,
        latencyMs + other.latencyMs,
        queueMs + other.queueMs,
        batched + other.batched,
        batchRows + other.batchRows);
  }

  /** Operations that something ran for. */
  long run() {
    return operations - spared;
  }

  /**
   * The sums of the window of that length that holds a time, by tenant and target; the dearest
   * first, then the most used.
   */
  public static List<UsageSum> byTenant(
      Collection<UsageWindow> windows, Duration length, Instant at) {
    Comparator<UsageSum> dearest =
        Comparator.comparingLong(UsageSum::costMicros)
            .thenComparingLong(UsageSum::operations)
            .reversed()
            .thenComparing(UsageSum::tenant)
            .thenComparing(UsageSum::target);
    return sums(windows, length, at, UsageWindow::getTenant).values().stream()
        .sorted(dearest)
        .toList();
  }

  /** The sums of the window of that length that holds a time, by target, over all tenants. */
  public static Map<String, UsageSum> byTarget(
      Collection<UsageWindow> windows, Duration length, Instant at) {
    return sums(windows, length, at, window -> "");
  }

  private static Map<String, UsageSum> sums(
      Collection<UsageWindow> windows,
      Duration length,
      Instant at,
      Function<UsageWindow, String> tenant) {
    Map<String, UsageSum> sums = new LinkedHashMap<>();
    for (UsageWindow window : windows) {
      long age = at.toEpochMilli() - window.getWindowStartAt().toEpochMilli();
      if (window.getWindowMs() == length.toMillis() && age >= 0 && age < length.toMillis()) {
        UsageSum sum = of(window, tenant.apply(window));
        String key = sum.tenant.isEmpty() ? sum.target : sum.tenant + "\n" + sum.target;
        sums.merge(key, sum, UsageSum::plus);
      }
    }
    return sums;
  }
}
