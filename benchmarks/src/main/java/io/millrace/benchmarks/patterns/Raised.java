package io.millrace.benchmarks.patterns;

import io.millrace.events.FailurePattern;
import io.millrace.events.FailurePatternReport;

/**
 * A pattern that was raised.
 *
 * @param atSecond when, seconds since the start, as {@code onsetSecond}
 * @param onsetSecond when it is said to have begun
 */
record Raised(
    String target,
    FailurePattern pattern,
    String blamed,
    double atSecond,
    double onsetSecond,
    String reason) {

  static Raised of(String target, FailurePatternReport report, long startMillis) {
    return new Raised(
        target,
        report.getPattern(),
        report.getBlamed(),
        (report.getRaisedAt().toEpochMilli() - startMillis) / 1_000.0,
        (report.getOnsetAt().toEpochMilli() - startMillis) / 1_000.0,
        report.getReason());
  }
}
