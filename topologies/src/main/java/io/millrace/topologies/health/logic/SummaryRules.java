package io.millrace.topologies.health.logic;

import io.millrace.events.HealthSummary;
import java.util.stream.LongStream;

/** What a summary must be like to be counted, whoever wrote it. */
final class SummaryRules {
  private SummaryRules() {}

  /**
   * @throws IllegalArgumentException if a count is negative or absurd, or a name too long to be
   *     said again
   */
  static void check(HealthSummary summary) {
    boolean counts =
        LongStream.of(
                summary.getOk(),
                summary.getToolErrors(),
                summary.getTimeouts(),
                summary.getLost(),
                summary.getSent(),
                summary.getRetries(),
                summary.getRefused(),
                summary.getCalledOff(),
                summary.getWaiting())
            .allMatch(count -> count >= 0 && count <= HealthFold.COUNT_MAX);
    if (!counts) {
      throw new IllegalArgumentException(
          "counts of a summary are 0 to %d".formatted(HealthFold.COUNT_MAX));
    }
    if (!isTime(summary.getInFlightMs()) || !isTime(summary.getTimedOutMs())) {
      throw new IllegalArgumentException(
          "in_flight_ms and timed_out_ms are finite numbers of 0 or more");
    }
    if (summary.getTarget().isEmpty()
        || tooLong(summary.getTarget())
        || summary.getDependsOn().keySet().stream().anyMatch(SummaryRules::tooLong)
        || summary.getErrorsByCode().keySet().stream()
            .anyMatch(code -> code.length() > HealthFold.CODE_LENGTH_MAX)) {
      throw new IllegalArgumentException(
          "a target has 1 to %d characters, a failure code at most %d"
              .formatted(HealthFold.TARGET_LENGTH_MAX, HealthFold.CODE_LENGTH_MAX));
    }
    if (summary.getDependsOn().size() > HealthFold.DEPENDENCIES_MAX) {
      throw new IllegalArgumentException(
          "depends_on names at most %d targets".formatted(HealthFold.DEPENDENCIES_MAX));
    }
  }

  private static boolean isTime(double millis) {
    return millis >= 0 && Double.isFinite(millis);
  }

  private static boolean tooLong(String target) {
    return target.length() > HealthFold.TARGET_LENGTH_MAX;
  }
}
