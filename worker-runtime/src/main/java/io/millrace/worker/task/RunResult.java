package io.millrace.worker.task;

import io.millrace.events.InferenceRun;
import io.millrace.events.Outcome;
import org.jspecify.annotations.Nullable;

/**
 * How one run ended.
 *
 * @param outcome {@code OK} or {@code TOOL_ERROR}
 * @param output the output as JSON text; null where there is none
 * @param failureCode stable upper-case name of the reason; null when the outcome is {@code OK}
 * @param failureMessage for the person who reads it; null when the outcome is {@code OK}
 * @param retryable whether another attempt could succeed
 * @param costMicros cost of the run, millionths of the billing currency
 * @param inference what a model gave; null of tools, and where there is nothing
 */
public record RunResult(
    Outcome outcome,
    @Nullable String output,
    @Nullable String failureCode,
    @Nullable String failureMessage,
    boolean retryable,
    long costMicros,
    @Nullable InferenceRun inference) {

  /**
   * The run succeeded.
   *
   * @param output JSON text, or null where the tool gives none
   * @param costMicros millionths of the billing currency
   */
  public static RunResult ok(@Nullable String output, long costMicros) {
    return new RunResult(Outcome.OK, output, null, null, false, costMicros, null);
  }

  /**
   * The run of a model succeeded.
   *
   * @param costMicros millionths of the billing currency
   */
  public static RunResult ok(InferenceRun run, long costMicros) {
    return new RunResult(Outcome.OK, null, null, null, false, costMicros, run);
  }

  /**
   * The run failed.
   *
   * @param code stable upper-case name of the reason
   * @param message what was given, what was expected, what to do
   * @param retryable whether another attempt could succeed
   */
  public static RunResult failed(String code, String message, boolean retryable) {
    return new RunResult(Outcome.TOOL_ERROR, null, code, message, retryable, 0, null);
  }
}
