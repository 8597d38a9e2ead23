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
  private static final int CODES_MAX = 32;
  private static final int CODE_LENGTH_MAX = 128;
  private static final int TARGETS_MAX = 10_000;
  private static final String OTHER = "OTHER";

  private final String source;
  private final Map<String, Sum> sums = new HashMap<>();
  private @Nullable Sum last;
  private long flushes;

  /**
   * @param source stream and task, such as {@code dispatch/3}
   */
  public HealthFold(String source) {
    this.source = source;
  }

  /**
   * Counts one attempt; one of a target beyond the 10,000th between two flushes is left out.
   *
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
    Sum sum = last;
    if (sum == null || !sum.target.equals(target)) {
      if (sums.size() >= TARGETS_MAX && !sums.containsKey(target)) {
        return;
      }
      sum = sums.computeIfAbsent(target, t -> new Sum(t, kind));
      last = sum;
    }
    sum.add(outcome, code, runMillis, bytesIn, bytesOut, costMicros, probeEpoch, atMillis);
  }

  /** Gives what was added up since the last flush, one summary a target, and starts anew. */
  public void flush(long nowMillis, Consumer<HealthSummary> summaries) {
    if (sums.isEmpty()) {
      return;
    }
    flushes++;
    for (Sum sum : sums.values()) {
      summaries.accept(sum.summary(source, flushes, nowMillis));
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
      from = Math.min(from, at);
      to = Math.max(to, at);
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
      return summary;
    }
  }
}
