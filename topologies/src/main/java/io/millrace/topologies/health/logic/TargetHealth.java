package io.millrace.topologies.health.logic;

import com.datadoghq.sketch.ddsketch.DDSketch;
import io.millrace.events.CircuitState;
import io.millrace.events.HealthState;
import io.millrace.events.HealthStatus;
import io.millrace.events.HealthSummary;
import io.millrace.events.TargetKind;
import io.millrace.schemas.identity.Ids;
import java.time.Instant;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * The health of one target: a window of ten one-second buckets by event time, totals, and the
 * circuit.
 *
 * <p>The circuit is the classic one (M. Nygard, "Release It!", 2007): CLOSED opens when the share
 * of failed attempts in the window crosses its threshold at a sufficient volume; OPEN turns
 * HALF_OPEN after a pause that doubles, up to thirty-two times, while probes fail; HALF_OPEN closes
 * with the first probe that succeeds and opens with the first that fails. Each HALF_OPEN period has
 * an epoch of its own, so that every dispatch task lets one probe through per period.
 */
public final class TargetHealth {
  /** Length of the window, milliseconds. */
  public static final long WINDOW_MILLIS = 10_000;

  private static final long BUCKET_MILLIS = 1_000;
  private static final long AHEAD_MILLIS = 5_000;
  private static final int DOUBLINGS_MAX = 5;
  private static final int CODES_MAX = 32;

  private final HealthStatus status;
  private final TreeMap<Long, Bucket> buckets = new TreeMap<>();
  private long countedFrom = Long.MIN_VALUE;
  private int reopened;
  private boolean changed;

  /**
   * @param before its last status, to go on from; null for a new target
   */
  public TargetHealth(String target, TargetKind kind, @Nullable HealthStatus before) {
    if (before == null) {
      status = new HealthStatus();
      status.setTarget(target);
      status.setKind(kind);
      status.setCircuit(CircuitState.CLOSED);
      status.setState(HealthState.UNKNOWN);
      status.setTenant("default");
      status.setCorrelationId("");
      status.setReason("");
      status.setId("");
      status.setPatterns(List.of());
      status.setIllFrom("");
    } else {
      status = before;
      // Its window is gone: to be said again.
      changed = true;
    }
  }

  /**
   * Adds a summary; says whether the circuit moved.
   *
   * @throws IllegalArgumentException if a count is negative, a name too long to be said again or
   *     the latencies are no sketch; then nothing of it was added
   */
  public boolean add(HealthSummary summary, HealthPolicy policy, long now) {
    SummaryRules.check(summary);
    forgetFuture(now);
    DDSketch latencies = Sketches.read(summary.getLatencySketch());
    long failed = summary.getToolErrors() + summary.getTimeouts() + summary.getLost();
    status.setTotal(status.getTotal() + summary.getOk() + failed);
    status.setTotalOk(status.getTotalOk() + summary.getOk());
    status.setTotalToolErrors(status.getTotalToolErrors() + summary.getToolErrors());
    status.setTotalTimeouts(status.getTotalTimeouts() + summary.getTimeouts());
    status.setTotalLost(status.getTotalLost() + summary.getLost());
    if (summary.getSent() + summary.getRefused() + summary.getWaiting() > 0) {
      asked(Math.min(summary.getToAt().toEpochMilli(), now));
    }
    long at = Math.min(summary.getToAt().toEpochMilli(), now + AHEAD_MILLIS);
    if (at > now - WINDOW_MILLIS && summary.getFromAt().toEpochMilli() >= countedFrom) {
      buckets
          .computeIfAbsent(Math.floorDiv(at, BUCKET_MILLIS), b -> new Bucket())
          .add(summary, latencies);
    }
    changed = true;
    if (status.getCircuit() == CircuitState.HALF_OPEN
        && summary.getProbeEpoch() == status.getProbeEpoch()
        && summary.getProbeEpoch() > 0) {
      if (summary.getProbeFailed() > 0) {
        reopened = Math.min(DOUBLINGS_MAX, reopened + 1);
        return move(CircuitState.OPEN, "a probe failed", now);
      }
      if (summary.getProbeOk() > 0) {
        reopened = 0;
        buckets.clear();
        countedFrom = now;
        return move(CircuitState.CLOSED, "a probe succeeded", now);
      }
    }
    return tick(policy, now);
  }

  /** Lets time pass; says whether the circuit moved. */
  public boolean tick(HealthPolicy policy, long now) {
    forgetFuture(now);
    Iterator<Long> bucket = buckets.keySet().iterator();
    while (bucket.hasNext() && (bucket.next() + 1) * BUCKET_MILLIS <= now - WINDOW_MILLIS) {
      bucket.remove();
      changed = true;
    }
    Instant since = status.getCircuitChangedAt();
    long pause = policy.openMillis() << reopened;
    boolean waited = since != null && now - since.toEpochMilli() >= pause;
    return switch (status.getCircuit()) {
      case CLOSED, UNKNOWN -> {
        long count = 0;
        long failed = 0;
        for (Bucket one : buckets.values()) {
          count += one.count();
          failed += one.failed();
        }
        if (count >= policy.volumeOpen()
            && failed >= policy.failureRateOpen() * count
            && failed > 0) {
          yield move(
              CircuitState.OPEN,
              "%d of %d attempts in the last %d s failed (threshold %.0f %%)"
                  .formatted(failed, count, WINDOW_MILLIS / 1000, policy.failureRateOpen() * 100),
              now);
        }
        yield false;
      }
      case OPEN -> waited && halfOpen("probing after %d ms".formatted(pause), now);
      // A probe that was never sent, or whose word was lost, must not keep the circuit half open.
      case HALF_OPEN -> waited && halfOpen("no probe was heard of; probing again", now);
    };
  }

  /** After a clock that was ahead was set back, nothing may wait for the time that it had shown. */
  private void forgetFuture(long now) {
    buckets.tailMap(Math.floorDiv(now + AHEAD_MILLIS, BUCKET_MILLIS), false).clear();
    if (countedFrom > now) {
      countedFrom = Long.MIN_VALUE;
    }
    Instant since = status.getCircuitChangedAt();
    if (since != null && since.toEpochMilli() > now) {
      status.setCircuitChangedAt(Instant.ofEpochMilli(now));
    }
    Instant asked = status.getAskedAt();
    if (asked != null && asked.toEpochMilli() > now) {
      status.setAskedAt(Instant.ofEpochMilli(now));
    }
  }

  private void asked(long at) {
    Instant before = status.getAskedAt();
    if (before == null || before.toEpochMilli() < at) {
      status.setAskedAt(Instant.ofEpochMilli(at));
    }
  }

  private boolean halfOpen(String reason, long now) {
    status.setProbeEpoch(status.getProbeEpoch() + 1);
    return move(CircuitState.HALF_OPEN, reason, now);
  }

  private boolean move(CircuitState to, String reason, long now) {
    status.setCircuit(to);
    status.setCircuitChangedAt(Instant.ofEpochMilli(now));
    status.setReason(reason);
    changed = true;
    return true;
  }

  /** Whether anything changed since the last {@link #published}. */
  public boolean changed() {
    return changed;
  }

  /** Notes that the status was published. */
  public void published() {
    changed = false;
  }

  /** The status now; the same object each time, with new values. */
  public HealthStatus status(HealthPolicy policy, long now) {
    Bucket sum = sum();
    long count = sum.count();
    status.setId(Ids.derived(status.getTarget(), Long.toString(now)));
    status.setOccurredAt(Instant.ofEpochMilli(now));
    status.setWindowFromAt(Instant.ofEpochMilli(now - WINDOW_MILLIS));
    status.setWindowToAt(Instant.ofEpochMilli(now));
    status.setWindowCount(count);
    status.setRatePerS(count * 1000.0 / WINDOW_MILLIS);
    status.setErrorRate(share(sum.failed(), count));
    status.setToolErrorRate(share(sum.toolErrors, count));
    status.setTimeoutRate(share(sum.timeouts, count));
    status.setLostRate(share(sum.lost, count));
    status.setErrorsByCode(sum.codes);
    boolean ran = !sum.latency.isEmpty();
    status.setP50Ms(ran ? sum.latency.getValueAtQuantile(0.50) : 0);
    status.setP95Ms(ran ? sum.latency.getValueAtQuantile(0.95) : 0);
    status.setP99Ms(ran ? sum.latency.getValueAtQuantile(0.99) : 0);
    status.setState(state(policy, count));
    return status;
  }

  private HealthState state(HealthPolicy policy, long count) {
    if (status.getCircuit() == CircuitState.OPEN) {
      return HealthState.DOWN;
    }
    if (status.getCircuit() == CircuitState.HALF_OPEN) {
      return HealthState.DEGRADED;
    }
    if (count > 0 && status.getErrorRate() >= policy.degradedRate()) {
      return HealthState.DEGRADED;
    }
    return status.getTotal() == 0 ? HealthState.UNKNOWN : HealthState.HEALTHY;
  }

  private static double share(long part, long whole) {
    return whole == 0 ? 0 : (double) part / whole;
  }

  private Bucket sum() {
    Bucket sum = new Bucket();
    for (Bucket bucket : buckets.values()) {
      sum.add(bucket);
      sum.latency.mergeWith(bucket.latency);
    }
    return sum;
  }

  private static final class Bucket {
    private final DDSketch latency = Sketches.empty();
    private final Map<String, Long> codes = new HashMap<>();
    private long ok;
    private long toolErrors;
    private long timeouts;
    private long lost;

    void add(HealthSummary summary, DDSketch latencies) {
      ok += summary.getOk();
      toolErrors += summary.getToolErrors();
      timeouts += summary.getTimeouts();
      lost += summary.getLost();
      merge(summary.getErrorsByCode());
      latency.mergeWith(latencies);
    }

    void add(Bucket other) {
      ok += other.ok;
      toolErrors += other.toolErrors;
      timeouts += other.timeouts;
      lost += other.lost;
      merge(other.codes);
    }

    private void merge(Map<String, Long> others) {
      others.forEach(
          (code, n) ->
              codes.merge(
                  codes.size() < CODES_MAX || codes.containsKey(code) ? code : "OTHER",
                  n,
                  Long::sum));
    }

    long failed() {
      return toolErrors + timeouts + lost;
    }

    long count() {
      return ok + failed();
    }
  }
}
