package io.millrace.topologies.plan.logic;

/** A plan that cannot be run as it was written. */
public final class PlanInvalid extends Exception {
  // Reasons quote what was given, which may be long, and go into answers, which may not.
  private static final int REASON_LENGTH_MAX = 1_000;

  private final String code;

  PlanInvalid(String code, String message) {
    super(
        message.length() <= REASON_LENGTH_MAX ? message : message.substring(0, REASON_LENGTH_MAX));
    this.code = code;
  }

  /** Stable name of the reason. */
  public String code() {
    return code;
  }

  /** What was given, what was expected, what to do. */
  public String reason() {
    return String.valueOf(getMessage());
  }
}
