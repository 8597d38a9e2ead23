package io.millrace.topologies.health.logic;

import com.datadoghq.sketch.ddsketch.DDSketch;
import com.datadoghq.sketch.ddsketch.DDSketches;
import io.millrace.events.HealthSummary;
import io.millrace.events.Outcome;
import io.millrace.events.TargetKind;
import io.millrace.schemas.identity.Ids;
import java.nio.ByteBuffer;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Adds up what one stream task sees of each target until it is flushed, so that health costs by
 * target and not by event.
 *
 * <p>Latencies go into a DDSketch (Masson, Rim, Lee: "DDSketch: A fast and fully-mergeable quantile
 * sketch with relative-error guarantees", VLDB 2019) of 1 % relative accuracy.
 */
public final class HealthFold {
  /** Relative accuracy of the latency sketches. */
  public static final double ACCURACY = 0.01;

  // 30 years: what is longer is a mistake, and a sketch refuses the largest numbers.
  private static final double LATENCY_MAX_MILLIS = 1e12;

  /** Longest name of a target, UTF-16 units. */
  static final int TARGET_LENGTH_MAX = 256;

  /** Longest failure code, UTF-16 units. */
  static final int CODE_LENGTH_MAX = 128;

  /** Most targets between two flushes. */
  static final int TARGETS_MAX = 10_000;

  private static final int CODES_MAX = 32;

  /** Most targets that one summary says its target depends on. */
  static final int DEPENDENCIES_MAX = 16;

  /** Most of anything that one summary can count; more is a mistake. */
  static final long COUNT_MAX = 1_000_000_000_000L;

  private static final String OTHER = "OTHER";

  private final String source;
  private final LongSupplier clock;
  private final Consumer<HealthSummary> summaries;
  private final Map<String, Sum> sums = new HashMap<>();
  private @Nullable Sum last;
  private long flushes;

  /**
   * @param source stream and task, such as {@code dispatch/3}
   * @param clock milliseconds since the epoch
   * @param summaries takes what was added up at each flush
   */
  public HealthFold(String source, LongSupplier clock, Consumer<HealthSummary> summaries) {
    this.source = source;
    this.clock = clock;
    this.summaries = summaries;
  }

  /**
   * Counts one attempt. That of a target beyond the 10,000th flushes those before it.
   *
   * @param target cut where it is too long to be a name
   * @param outcome OK, TOOL_ERROR, TIMEOUT or LOST; others are not counted
   * @param code failure code; empty for OK
   * @param runMillis the attempt's run time; LOST ones have none
   * @param probeEpoch epoch of the probe this was; 0: none
   * @param atMillis when it happened, milliseconds since the epoch
   */
  public void add(
      String target,
      TargetKind kind,
      Outcome outcome,
      String code,
      double runMillis,
      int bytesIn,
      int bytesOut,
      long costMicros,
      long probeEpoch,
      long atMillis) {
    sum(target, kind)
        .add(outcome, code, runMillis, bytesIn, bytesOut, costMicros, probeEpoch, atMillis);
  }

  /**
   * Counts an attempt handed to a worker.
   *
   * @param retry whether it is not the first of its operation
   */
  public void sent(String target, TargetKind kind, boolean retry, long atMillis) {
    Sum sum = sum(target, kind);
    sum.seen(atMillis);
    sum.sent++;
    sum.retries += retry ? 1 : 0;
  }

  /** Counts an operation turned away because too much is in flight for its target. */
  public void refused(String target, TargetKind kind, long atMillis) {
    Sum sum = sum(target, kind);
    sum.seen(atMillis);
    sum.refused++;
  }

  /** Counts an operation that is seen waiting: its circuit is open, or no worker took it yet. */
  public void waiting(String target, TargetKind kind, long atMillis) {
    Sum sum = sum(target, kind);
    sum.seen(atMillis);
    sum.waiting++;
  }

  /** Counts an attempt that was called off, or came too late to begin. */
  public void calledOff(String target, TargetKind kind, long atMillis) {
    Sum sum = sum(target, kind);
    sum.seen(atMillis);
    sum.calledOff++;
  }

  /**
   * Notes how long an attempt was in flight that was not called off.
   *
   * @param timedOut whether it ran out of time
   * @param sentAt when the attempt was handed to a worker
   * @param endedAt when its end was heard of
   */
  public void flown(String target, TargetKind kind, boolean timedOut, long sentAt, long endedAt) {
    Sum sum = sum(target, kind);
    sum.seen(endedAt);
    long millis = Math.max(0, endedAt - sentAt);
    sum.inFlightMillis += millis;
    sum.timedOutMillis += timedOut ? millis : 0;
  }

  /** Notes that work of a target rested on that of another. */
  public void restsOn(String target, TargetKind kind, String other, long atMillis) {
    Sum sum = sum(target, kind);
    sum.seen(atMillis);
    sum.dependsOn(other);
  }

  private Sum sum(String target, TargetKind kind) {
    Sum sum = last;
    if (sum == null || !sum.target.equals(target)) {
      String name =
          target.length() <= TARGET_LENGTH_MAX ? target : target.substring(0, TARGET_LENGTH_MAX);
      if (sums.size() >= TARGETS_MAX && !sums.containsKey(name)) {
        flush();
      }
      sum = sums.computeIfAbsent(name, n -> new Sum(n, kind));
      last = sum;
    }
    return sum;
  }

  /** Gives what was added up since the last flush, one summary a target, and starts anew. */
  public void flush() {
    if (sums.isEmpty()) {
      return;
    }
    flushes++;
    long now = clock.getAsLong();
    for (Sum sum : sums.values()) {
      summaries.accept(sum.summary(source, flushes, now));
    }
    sums.clear();
    last = null;
  }

  private static final class Sum {
    private final String target;
    private final TargetKind kind;
    private final DDSketch latency = DDSketches.unboundedDense(ACCURACY);
    private final Map<String, Long> codes = new HashMap<>();
    private long from = Long.MAX_VALUE;
    private long to = Long.MIN_VALUE;
    private long ok;
    private long toolErrors;
    private long timeouts;
    private long lost;
    private long bytesIn;
    private long bytesOut;
    private long costMicros;
    private long probeEpoch;
    private long probeOk;
    private long probeFailed;
    private final Map<String, Long> dependsOn = new HashMap<>(2);
    private long sent;
    private long retries;
    private long refused;
    private long calledOff;
    private long waiting;
    private double inFlightMillis;
    private double timedOutMillis;

    Sum(String target, TargetKind kind) {
      this.target = target;
      this.kind = kind;
    }

    void add(
        Outcome outcome,
        String code,
        double runMillis,
        int in,
        int out,
        long cost,
        long epoch,
        long at) {
      switch (outcome) {
        case OK -> ok++;
        case TOOL_ERROR -> toolErrors++;
        case TIMEOUT -> timeouts++;
        case LOST -> lost++;
        default -> {
          return;
        }
      }
      seen(at);
      bytesIn += in;
      bytesOut += out;
      costMicros += cost;
      if (outcome != Outcome.LOST && runMillis >= 0) {
        latency.accept(Math.min(runMillis, LATENCY_MAX_MILLIS));
      }
      if (outcome != Outcome.OK) {
        String name = code.length() <= CODE_LENGTH_MAX ? code : code.substring(0, CODE_LENGTH_MAX);
        boolean room = codes.size() < CODES_MAX || codes.containsKey(name);
        codes.merge(room && !name.isEmpty() ? name : OTHER, 1L, Long::sum);
      }
      if (epoch > probeEpoch) {
        // A probe of an earlier epoch has nothing to say any more.
        probeEpoch = epoch;
        probeOk = 0;
        probeFailed = 0;
      }
      if (epoch > 0 && epoch == probeEpoch) {
        if (outcome == Outcome.OK) {
          probeOk++;
        } else {
          probeFailed++;
        }
      }
    }

    void seen(long at) {
      from = Math.min(from, at);
      to = Math.max(to, at);
    }

    void dependsOn(String other) {
      if (dependsOn.size() < DEPENDENCIES_MAX || dependsOn.containsKey(other)) {
        dependsOn.merge(other, 1L, Long::sum);
      }
    }

    HealthSummary summary(String source, long flush, long now) {
      HealthSummary summary = new HealthSummary();
      summary.setId(Ids.derived(source, target, Long.toString(flush), Long.toString(now)));
      summary.setTenant("default");
      summary.setCorrelationId("");
      summary.setOccurredAt(Instant.ofEpochMilli(now));
      summary.setTarget(target);
      summary.setKind(kind);
      summary.setSource(source);
      summary.setFromAt(Instant.ofEpochMilli(from));
      summary.setToAt(Instant.ofEpochMilli(to));
      summary.setOk(ok);
      summary.setToolErrors(toolErrors);
      summary.setTimeouts(timeouts);
      summary.setLost(lost);
      summary.setErrorsByCode(codes);
      summary.setBytesIn(bytesIn);
      summary.setBytesOut(bytesOut);
      summary.setCostMicros(costMicros);
      summary.setLatencySketch(
          latency.isEmpty() ? ByteBuffer.allocate(0) : Sketches.bytes(latency));
      summary.setProbeEpoch(probeEpoch);
      summary.setProbeOk(probeOk);
      summary.setProbeFailed(probeFailed);
      summary.setSent(sent);
      summary.setRetries(retries);
      summary.setRefused(refused);
      summary.setCalledOff(calledOff);
      summary.setWaiting(waiting);
      summary.setInFlightMs(inFlightMillis);
      summary.setTimedOutMs(timedOutMillis);
      summary.setDependsOn(dependsOn);
      return summary;
    }
  }
}
