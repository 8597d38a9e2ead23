package io.millrace.topologies.plan.logic;

/** A plan that cannot be run as it was written. */
public final class PlanInvalid extends Exception {
  private final String code;

  PlanInvalid(String code, String message) {
    super(message);
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
