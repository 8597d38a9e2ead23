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
   * Cuts an attempt's failure, version and output down to what may be passed on.
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
    Failure failure = done.getFailure();
    if (failure != null) {
      done.setFailure(
          new Failure(cut(failure.getCode(), CODE_LENGTH_MAX), clip(failure.getMessage())));
    }
    done.setTargetVersion(cut(done.getTargetVersion(), CODE_LENGTH_MAX));
    return done;
  }

  /** A text for people, cut where it is too long. */
  static String clip(@Nullable String text) {
    return text == null ? "" : cut(text, TEXT_LENGTH_MAX);
  }

  private static String cut(String text, int length) {
    return text.length() <= length ? text : text.substring(0, length) + "…";
  }
}
