package io.millrace.topologies.dispatch.logic;

import io.millrace.events.Attempt;
import io.millrace.events.Failure;
import io.millrace.events.Outcome;
import org.jspecify.annotations.Nullable;

/** Bounds what workers and callers say, so that every record made from it fits its topic. */
final class Foreign {
  /** Longest output, UTF-16 units of JSON text (1 MiB of ASCII). */
  static final int OUTPUT_LENGTH_MAX = 1 << 20;

  private static final int CODE_LENGTH_MAX = 128;
  private static final int TEXT_LENGTH_MAX = 4_000;

  private Foreign() {}

  /**
   * Cuts an attempt's failure, version and output down to what may be passed on; an end that is
   * none, a failure without a reason and numbers that measure nothing are put right.
   *
   * @return the attempt
   */
  static Attempt bound(Attempt done) {
    String output = done.getOutput();
    if (output != null && output.length() > OUTPUT_LENGTH_MAX) {
      done.setOutput(null);
      done.setOutcome(Outcome.TOOL_ERROR);
      done.setRetryable(false);
      done.setFailure(
          new Failure(
              "OUTPUT_TOO_LARGE",
              "the output is %d characters long; expected at most %d: return a reference to it"
                  .formatted(output.length(), OUTPUT_LENGTH_MAX)));
    }
    if (done.getOutcome() == Outcome.UNKNOWN) {
      done.setOutcome(Outcome.TOOL_ERROR);
      done.setFailure(
          new Failure("OUTCOME_INVALID", "the worker reported an end that is not known here"));
    }
    if (done.getInference() != null) {
      done.getInference().setLast(true);
    }
    done.setFailure(done.getOutcome() == Outcome.OK ? null : failure(done));
    done.setRunMs(time(done.getRunMs()));
    done.setCostMicros(Math.max(0, done.getCostMicros()));
    done.setTargetVersion(cut(done.getTargetVersion(), CODE_LENGTH_MAX));
    return done;
  }

  private static Failure failure(Attempt done) {
    Failure failure = done.getFailure();
    String code = failure == null ? "" : failure.getCode();
    String message = failure == null ? "" : failure.getMessage();
    return new Failure(
        code.isBlank() ? done.getOutcome().name() : cut(code, CODE_LENGTH_MAX),
        message.isBlank() ? "the worker gave no reason" : clip(message));
  }

  private static double time(double millis) {
    return millis >= 0 && Double.isFinite(millis) ? millis : 0;
  }

  /** A text for people, cut where it is too long. */
  static String clip(@Nullable String text) {
    return text == null ? "" : cut(text, TEXT_LENGTH_MAX);
  }

  private static String cut(String text, int length) {
    return text.length() <= length ? text : text.substring(0, length) + "…";
  }
}
