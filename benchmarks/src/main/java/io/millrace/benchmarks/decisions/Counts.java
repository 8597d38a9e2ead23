package io.millrace.benchmarks.decisions;

import io.millrace.events.HealthStatus;
import io.millrace.events.Outcome;

/** Runs of one target by outcome. */
record Counts(long ok, long toolErrors, long timeouts, long lost) {

  static Counts of(Outcome outcome) {
    return switch (outcome) {
      case OK -> new Counts(1, 0, 0, 0);
      case TOOL_ERROR -> new Counts(0, 1, 0, 0);
      case TIMEOUT -> new Counts(0, 0, 1, 0);
      case LOST -> new Counts(0, 0, 0, 1);
      default -> throw new IllegalArgumentException("no outcome of a run: " + outcome);
    };
  }

  static Counts of(HealthStatus status) {
    return new Counts(
        status.getTotalOk(),
        status.getTotalToolErrors(),
        status.getTotalTimeouts(),
        status.getTotalLost());
  }

  Counts plus(Counts other) {
    return new Counts(
        ok + other.ok, toolErrors + other.toolErrors, timeouts + other.timeouts, lost + other.lost);
  }

  long total() {
    return ok + toolErrors + timeouts + lost;
  }
}
