package io.millrace.benchmarks.patterns;

import io.millrace.events.Outcome;
import java.util.function.DoubleUnaryOperator;

/**
 * How a target fares over time: factors on its load and its service times, and the share of its
 * attempts that fail, each by seconds since the start.
 */
final class Course {
  private DoubleUnaryOperator load = second -> 1;
  private DoubleUnaryOperator service = second -> 1;
  private DoubleUnaryOperator failing = second -> 0;
  private Outcome failure = Outcome.TOOL_ERROR;

  double load(double second) {
    return load.applyAsDouble(second);
  }

  double service(double second) {
    return service.applyAsDouble(second);
  }

  double failing(double second) {
    return Math.min(1, failing.applyAsDouble(second));
  }

  /** How attempts fail: TOOL_ERROR after some work, LOST, or TIMEOUT because they hang. */
  Outcome failure() {
    return failure;
  }

  void multiplyLoad(DoubleUnaryOperator factor) {
    DoubleUnaryOperator before = load;
    load = second -> before.applyAsDouble(second) * factor.applyAsDouble(second);
  }

  void multiplyService(DoubleUnaryOperator factor) {
    DoubleUnaryOperator before = service;
    service = second -> before.applyAsDouble(second) * factor.applyAsDouble(second);
  }

  void addFailing(DoubleUnaryOperator share) {
    DoubleUnaryOperator before = failing;
    failing = second -> before.applyAsDouble(second) + share.applyAsDouble(second);
  }

  void failAs(Outcome outcome) {
    failure = outcome;
  }

  /** 1 outside, {@code value} from {@code from} up to {@code to}. */
  static DoubleUnaryOperator during(double from, double to, double value, double outside) {
    return second -> second >= from && second < to ? value : outside;
  }

  /** From 1 to {@code value} between {@code from} and {@code full}, and so until {@code to}. */
  static DoubleUnaryOperator rising(double from, double full, double to, double value) {
    return second ->
        second < from || second >= to
            ? 1
            : 1 + (value - 1) * Math.min(1, (second - from) / (full - from));
  }
}
