package io.millrace.benchmarks.decisions;

import io.millrace.events.Failure;
import io.millrace.events.Outcome;
import io.millrace.events.ServedBy;
import io.millrace.events.ToolResult;
import io.millrace.schemas.identity.Ids;
import java.time.Instant;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.TreeMap;

/**
 * Makes runs of tools that an outsider reports: several targets, every outcome that a run can have,
 * the same for the same seed but for ids and times.
 */
final class Reports {
  private static final int TARGETS = 16;
  private static final int OK_PERCENT = 85;
  private static final int TOOL_ERROR_PERCENT = 93;
  private static final int TIMEOUT_PERCENT = 98;

  private final String prefix;
  private final SplittableRandom random;
  private final Map<String, Counts> counts = new TreeMap<>();

  /**
   * @param prefix of the targets' names
   */
  Reports(String prefix, long seed) {
    this.prefix = prefix;
    this.random = new SplittableRandom(seed);
  }

  /** The next report, and counts it. */
  ToolResult next(long nowMillis) {
    String target = "tool:" + prefix + random.nextInt(TARGETS);
    Outcome outcome = outcome(random.nextInt(100));
    counts.merge(target, Counts.of(outcome), Counts::plus);
    double latency = outcome == Outcome.LOST ? 0 : 5 + random.nextDouble() * 200;
    ToolResult result = new ToolResult();
    result.setId(Ids.v7(nowMillis, random));
    result.setTenant("default");
    result.setCorrelationId("");
    result.setOccurredAt(Instant.ofEpochMilli(nowMillis));
    result.setOperationId("");
    result.setTarget(target);
    result.setTargetVersion("1");
    result.setOutcome(outcome);
    if (outcome == Outcome.OK) {
      result.setOutput("{\"items\":" + random.nextInt(1_000_000) + ",\"source\":\"outside\"}");
    } else {
      result.setFailure(
          new Failure(outcome == Outcome.TIMEOUT ? "TIMEOUT" : "HTTP_503", "as seeded"));
    }
    result.setServedBy(ServedBy.EXTERNAL);
    result.setAttempts(1);
    result.setLatencyMs(latency);
    result.setRunMs(latency);
    result.setCostMicros(3);
    result.setParentCall("");
    result.setAnsweredBy("");
    return result;
  }

  private static Outcome outcome(int percent) {
    if (percent < OK_PERCENT) {
      return Outcome.OK;
    }
    if (percent < TOOL_ERROR_PERCENT) {
      return Outcome.TOOL_ERROR;
    }
    return percent < TIMEOUT_PERCENT ? Outcome.TIMEOUT : Outcome.LOST;
  }

  /** What was made, by target. */
  Map<String, Counts> counts() {
    return Map.copyOf(counts);
  }
}
