package io.millrace.worker.runtime;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.events.Outcome;
import io.millrace.events.Task;
import io.millrace.worker.task.RunResult;
import java.util.concurrent.CompletionException;
import java.util.concurrent.RejectedExecutionException;
import org.junit.jupiter.api.Test;

class EndsTest {

  private final Ends ends = new Ends();

  @Test
  void anOutputIsMeasuredInBytesNotCharacters() {
    String threeBytes = "€";
    String fits = threeBytes.repeat(Ends.OUTPUT_BYTES_MAX / 3);
    assertThat(ends.checked(RunResult.ok(fits, 0)).outcome()).isEqualTo(Outcome.OK);
    RunResult refused = ends.checked(RunResult.ok(fits + "aa", 0));
    assertThat(refused.outcome()).isEqualTo(Outcome.TOOL_ERROR);
    assertThat(refused.failureCode()).isEqualTo("OUTPUT_TOO_LARGE");
    assertThat(refused.retryable()).isFalse();
    assertThat(ends.checked(RunResult.ok("a".repeat(Ends.OUTPUT_BYTES_MAX), 0)).outcome())
        .isEqualTo(Outcome.OK);
    assertThat(ends.checked(RunResult.ok("😀".repeat(Ends.OUTPUT_BYTES_MAX / 4), 0)).outcome())
        .isEqualTo(Outcome.OK);
  }

  @Test
  void aRunnerWithoutResultFails() {
    assertThat(ends.checked(null).failureCode()).isEqualTo("RUNNER_FAILED");
  }

  @Test
  void whatWouldNotEndInTimeIsNotSaidToHaveComeTooLate() {
    Task task = Task.newBuilder().setTarget("tool:slow").build();
    assertThat(ends.tooLittleTime(task).failureMessage())
        .contains("tool:slow", "could not have ended")
        .doesNotContain("had passed");
  }

  @Test
  void theCauseOfAFailureIsNamedNotItsWrapper() {
    RunResult failed =
        ends.thrown(new CompletionException(new IllegalStateException("disk on fire")));
    assertThat(failed.failureMessage()).contains("disk on fire").doesNotContain("Completion");
    assertThat(
            ends.thrown(new CompletionException(new RejectedExecutionException("full")))
                .failureCode())
        .isEqualTo("WORKER_BUSY");
  }
}
