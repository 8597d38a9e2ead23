package io.millrace.topologies.ensemble.logic;

/** An ensemble that cannot be declared as it is. */
public final class EnsembleInvalid extends Exception {
  private static final long serialVersionUID = 1L;

  /**
   * @param message names the step and the field: what was given, what was expected
   */
  public EnsembleInvalid(String message) {
    super(message);
  }

  static EnsembleInvalid of(String step, String message) {
    return new EnsembleInvalid("step '%s': %s".formatted(step, message));
  }
}
