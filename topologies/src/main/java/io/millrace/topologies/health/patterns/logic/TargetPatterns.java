package io.millrace.topologies.health.patterns.logic;

import io.millrace.events.FailurePattern;
import io.millrace.events.FailurePatternReport;
import io.millrace.events.HealthStatus;
import io.millrace.events.HealthSummary;
import io.millrace.topologies.memory.logic.Memory;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Names the failure patterns of one target as its summaries come in, and says when they are over.
 *
 * <p>Time goes in steps of five seconds of event time. Of the patterns that explain failures or
 * queues at most one holds at a time, the one that explains most: CASCADING where a target that
 * this one depends on was ill before, then TIMEOUT_SPIRAL, SATURATION, PERSISTENT and INTERMITTENT.
 * SLOW_DEGRADATION is looked for while there is no other trouble. A pattern is over only after its
 * signs have been away for one minute (INTERMITTENT: five). A clock that is set back is as a
 * restart: what was learnt is learnt anew, and what holds holds until it is seen to be over.
 */
public final class TargetPatterns {
  private static final long OVER_MILLIS = 60_000;
  private static final long INTERMITTENT_OVER_MILLIS = 300_000;
  private static final double CASCADE_NATS = 10;
  private static final long CASCADE_BEFORE_MILLIS = 300_000;
  // Onsets are known to a few steps only; who depends on whom says which comes first.
  private static final long CASCADE_AFTER_MILLIS = 30_000;
  private static final long REMEMBER_MILLIS = 60_000;
  private static final long NEVER = Long.MIN_VALUE;

  /** Of what is remembered: to be raised when that changes. */
  private static final byte VERSION = 1;

  /**
   * A pattern was raised or is over.
   *
   * @param raised false: it is over
   */
  public record Change(FailurePatternReport report, boolean raised) {}

  private final String target;
  private final Steps steps = new Steps();
  private final LatencyBaseline latencies = new LatencyBaseline();
  private final FailureDetector failures = new FailureDetector();
  private final QueueDetector queue = new QueueDetector(latencies);
  private final TrendDetector trend = new TrendDetector();
  private final Dependencies dependencies = new Dependencies();
  private @Nullable FailurePatternReport trouble;
  private @Nullable FailurePatternReport slowing;
  private String illFrom = "";
  private boolean stepped;
  private long nextFrom = NEVER;
  private boolean learnt;
  private long rememberedAt = NEVER;

  /**
   * @param before patterns that held when this target was last looked after: they hold until they
   *     are seen to be over
   */
  public TargetPatterns(String target, List<FailurePatternReport> before) {
    this.target = target;
    for (FailurePatternReport report : before) {
      if (report.getPattern() == FailurePattern.SLOW_DEGRADATION) {
        slowing = report;
      } else {
        trouble = report;
      }
    }
  }

  /**
   * Adds a summary; one that is late, or from the future, is left out.
   *
   * @param nowMillis milliseconds since the epoch
   * @throws IllegalArgumentException if the latencies are no sketch
   */
  public void add(HealthSummary summary, long nowMillis) {
    steps.add(summary, nowMillis);
    dependencies.add(summary.getDependsOn());
  }

  /**
   * Lets time pass.
   *
   * @param others health of other targets by name; null for one that is not known
   * @return what was raised and what is over, in this order of time
   */
  public List<Change> tick(long nowMillis, Function<String, @Nullable HealthStatus> others) {
    stepped = false;
    steps.follow(nowMillis);
    steps.close(nowMillis, this::step);
    if (!stepped) {
      return List.of();
    }
    learnt = true;
    List<Change> changes = new ArrayList<>(2);
    judgeTrouble(others, nowMillis, changes);
    judgeSlowing(nowMillis, changes);
    return changes;
  }

  private void step(Step step) {
    stepped = true;
    if (step.fromMillis < nextFrom) {
      setBack(nextFrom - step.fromMillis);
    }
    nextFrom = step.untilMillis();
    failures.step(step);
    queue.step(step, failures.ill());
    if (trouble == null && !failures.ill() && !queue.queueing()) {
      latencies.add(step);
      trend.step(step);
    } else {
      trend.skip(step);
    }
  }

  private void setBack(long millis) {
    failures.setBack(millis);
    queue.setBack(millis);
    latencies.setBack(millis);
    trend.setBack(millis);
  }

  private void judgeTrouble(
      Function<String, @Nullable HealthStatus> others, long now, List<Change> changes) {
    Cause cause = cause(others);
    FailurePatternReport held = trouble;
    if (cause != null && (held == null || outgrows(cause.finding.pattern(), held.getPattern()))) {
      if (held != null) {
        changes.add(new Change(held, false));
      }
      trouble = report(cause.finding, cause.blamed, now);
      changes.add(new Change(trouble, true));
    } else if (held != null && over(held.getPattern())) {
      trouble = null;
      changes.add(new Change(held, false));
    }
  }

  private void judgeSlowing(long now, List<Change> changes) {
    Finding finding = trend.finding();
    FailurePatternReport held = slowing;
    if (held == null && finding != null && trouble == null) {
      slowing = report(finding, target, now);
      changes.add(new Change(slowing, true));
    } else if (held != null && trend.over()) {
      slowing = null;
      changes.add(new Change(held, false));
    }
  }

  private record Cause(Finding finding, String blamed) {}

  private @Nullable Cause cause(Function<String, @Nullable HealthStatus> others) {
    HealthStatus before = failures.ill() ? illBefore(others) : null;
    illFrom = before == null ? target : before.getIllFrom();
    if (before != null && failures.episode() && failures.nats() >= CASCADE_NATS) {
      return new Cause(cascading(before), illFrom);
    }
    Finding finding = queue.finding();
    if (finding == null && !queue.spiralling()) {
      finding = failures.finding();
    }
    return finding == null ? null : new Cause(finding, target);
  }

  /** A target that this one depends on and that was ill before it, by no fault of this one. */
  private @Nullable HealthStatus illBefore(Function<String, @Nullable HealthStatus> others) {
    for (String other : dependencies.targets()) {
      HealthStatus status = others.apply(other);
      Instant ill = status == null ? null : status.getIllSinceAt();
      if (status != null && ill != null && !status.getIllFrom().equals(target)) {
        long before = failures.onset() - ill.toEpochMilli();
        if (before >= -CASCADE_AFTER_MILLIS && before <= CASCADE_BEFORE_MILLIS) {
          return status;
        }
      }
    }
    return null;
  }

  private Finding cascading(HealthStatus before) {
    long seconds = (failures.onset() - before.getIllSinceAt().toEpochMilli()) / 1_000;
    return new Finding(
        FailurePattern.CASCADING,
        failures.onset(),
        failures.nats(),
        "fails since %d s after %s, which it depends on, became ill"
            .formatted(Math.max(0, seconds), before.getTarget()),
        Map.of("depends_on", before.getTarget(), "seconds_after", Long.toString(seconds)));
  }

  private static boolean outgrows(FailurePattern pattern, FailurePattern held) {
    return switch (pattern) {
      case PERSISTENT -> held == FailurePattern.INTERMITTENT;
      case TIMEOUT_SPIRAL -> held == FailurePattern.SATURATION;
      default -> false;
    };
  }

  private boolean over(FailurePattern pattern) {
    return switch (pattern) {
      case SATURATION -> queue.calmFor(OVER_MILLIS);
      case INTERMITTENT -> failures.wellFor(INTERMITTENT_OVER_MILLIS);
      default -> failures.wellFor(OVER_MILLIS);
    };
  }

  private static FailurePatternReport report(Finding finding, String blamed, long now) {
    FailurePatternReport report = new FailurePatternReport();
    report.setPattern(finding.pattern());
    report.setOnsetAt(Instant.ofEpochMilli(finding.onsetMillis()));
    report.setRaisedAt(Instant.ofEpochMilli(now));
    report.setConfidence(finding.confidence());
    report.setBlamed(blamed);
    report.setReason(finding.reason());
    report.setEvidence(finding.evidence());
    return report;
  }

  /**
   * What it has learnt, if it learnt anything and was not asked for that within the last minute.
   *
   * @return null: nothing new, or not yet
   */
  public byte @Nullable [] memory(long nowMillis) {
    boolean soon = nowMillis >= rememberedAt && nowMillis - REMEMBER_MILLIS < rememberedAt;
    if (!learnt || soon) {
      return null;
    }
    learnt = false;
    rememberedAt = nowMillis;
    try {
      return Memory.write(VERSION, this::remember);
    } catch (IllegalArgumentException e) {
      // Anyone may write summaries: names or latencies that take too many bytes are not kept.
      return null;
    }
  }

  /**
   * Goes on from what was learnt before.
   *
   * @throws IllegalArgumentException if that cannot be read; then this is of no use any more
   */
  public void recall(byte[] memory) {
    Memory.read(memory, VERSION, this::remember);
  }

  private void remember(Memory memory) {
    latencies.remember(memory);
    failures.remember(memory);
    queue.remember(memory);
    trend.remember(memory);
    dependencies.remember(memory);
    illFrom = memory.text(illFrom);
  }

  /** The patterns that hold. */
  public List<FailurePatternReport> reports() {
    List<FailurePatternReport> reports = new ArrayList<>(2);
    if (trouble != null) {
      reports.add(trouble);
    }
    if (slowing != null) {
      reports.add(slowing);
    }
    return reports;
  }

  /** Since when something is out of the ordinary, named or not; null: nothing is. */
  public @Nullable Instant illSince() {
    if (trouble != null) {
      return trouble.getOnsetAt();
    }
    if (failures.ill()) {
      return Instant.ofEpochMilli(failures.onset());
    }
    return queue.queueing() ? Instant.ofEpochMilli(queue.onset()) : null;
  }

  /** Where that comes from: a target it depends on, or itself; empty: nothing is. */
  public String illFrom() {
    FailurePatternReport held = trouble;
    if (held != null) {
      return held.getBlamed();
    }
    return illSince() == null ? "" : illFrom;
  }
}
