package io.millrace.worker.runtime;

import io.millrace.events.Outcome;
import io.millrace.events.Task;
import io.millrace.worker.task.RunResult;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.RejectedExecutionException;
import org.jspecify.annotations.Nullable;

/** Words the ends of tasks that the worker itself decides, and checks what runners give. */
final class Ends {

  static final int OUTPUT_BYTES_MAX = 1 << 20;

  /** A char takes at most this many bytes in UTF-8. */
  private static final int BYTES_PER_CHAR_MAX = 3;

  RunResult deadline(Task task) {
    return RunResult.failed(
        "DEADLINE_EXCEEDED",
        "The deadline %s had passed before the task could begin; it did not run"
            .formatted(task.getDeadlineAt()),
        false);
  }

  RunResult tooLittleTime(Task task) {
    return RunResult.failed(
        "DEADLINE_EXCEEDED",
        "By what %s takes at present it could not have ended by the deadline %s; it did not run"
            .formatted(task.getTarget(), task.getDeadlineAt()),
        false);
  }

  RunResult cancelled() {
    return RunResult.failed("CANCELLED", "Cancelled by the caller", false);
  }

  RunResult timeout(Task task) {
    return RunResult.failed(
        "TIMEOUT",
        "%s had not ended after %s; raise its timeout if it needs longer"
            .formatted(
                task.getTarget(),
                task.getTimeoutMs() > 0
                    ? task.getTimeoutMs() + " ms"
                    : "the timeout of its declaration"),
        true);
  }

  RunResult workerStopped() {
    return RunResult.failed(
        "WORKER_STOPPED", "The worker was stopped before the task had ended", true);
  }

  RunResult calledOff() {
    return RunResult.failed(
        "WORKER_STOPPED",
        "The worker was stopped while the tool ran, which is not idempotent: check whether it took"
            + " effect",
        false);
  }

  RunResult targetUnknown(Task task) {
    return RunResult.failed(
        "TARGET_UNKNOWN",
        "No target '%s' is declared; apply its declaration, or correct the name"
            .formatted(task.getTarget()),
        true);
  }

  RunResult thrown(Throwable thrown) {
    Throwable cause = thrown;
    while ((cause instanceof CompletionException || cause instanceof ExecutionException)
        && cause.getCause() != null) {
      cause = cause.getCause();
    }
    if (cause instanceof RejectedExecutionException) {
      return RunResult.failed("WORKER_BUSY", String.valueOf(cause.getMessage()), true);
    }
    return RunResult.failed("RUNNER_FAILED", "The runner failed: " + cause, true);
  }

  RunResult checked(@Nullable RunResult result) {
    if (result == null) {
      return RunResult.failed("RUNNER_FAILED", "The runner ended without a result", true);
    }
    String output = result.output();
    if (result.outcome() == Outcome.OK && output != null && tooLarge(output)) {
      return RunResult.failed(
          "OUTPUT_TOO_LARGE",
          "The output is larger than %d bytes; return less, or a reference to it"
              .formatted(OUTPUT_BYTES_MAX),
          false);
    }
    return result;
  }

  private static boolean tooLarge(String text) {
    if (text.length() <= OUTPUT_BYTES_MAX / BYTES_PER_CHAR_MAX) {
      return false;
    }
    long bytes = 0;
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      // The halves of a surrogate pair share 4 bytes.
      bytes += c < 0x80 ? 1 : c < 0x800 || Character.isSurrogate(c) ? 2 : BYTES_PER_CHAR_MAX;
    }
    return bytes > OUTPUT_BYTES_MAX;
  }
}
