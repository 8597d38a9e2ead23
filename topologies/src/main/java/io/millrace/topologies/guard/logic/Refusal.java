package io.millrace.topologies.guard.logic;

import io.millrace.events.Outcome;

/**
 * Why a call or a plan may not go on.
 *
 * @param outcome what its caller is told
 * @param code stable name of the reason
 * @param message what was given, what was expected, what to do
 */
public record Refusal(Outcome outcome, String code, String message) {
  /** One whose outcome is {@code REFUSED}. */
  public static Refusal of(String code, String message) {
    return new Refusal(Outcome.REFUSED, code, message);
  }
}
