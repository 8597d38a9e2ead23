package io.millrace.inference;

/** A model could not be loaded or run, for a reason that has a name. */
public final class ModelException extends RuntimeException {

  private final String code;
  private final boolean retryable;

  /**
   * A failure.
   *
   * @param code stable upper-case name with underscores
   * @param message what was given, what was expected, what to do
   * @param retryable whether another attempt could succeed
   */
  public ModelException(String code, String message, boolean retryable) {
    // Expected in masses when requests are wrong or too many; nobody reads the stack.
    super(message, null, false, false);
    this.code = code;
    this.retryable = retryable;
  }

  /** The model's file, or what was declared of it, does not do. */
  public static ModelException invalid(String message) {
    return new ModelException("MODEL_INVALID", message, false);
  }

  /** The model's configuration does not do, or contradicts the model. */
  public static ModelException config(String message) {
    return new ModelException("MODEL_CONFIG_INVALID", message, false);
  }

  /** The model's file cannot be had. */
  public static ModelException unavailable(String message) {
    return new ModelException("MODEL_UNAVAILABLE", message, true);
  }

  /** The inputs of a request do not do. */
  public static ModelException input(String message) {
    return new ModelException("INPUT_INVALID", message, false);
  }

  /** The model ran and gave what cannot be passed on, or failed. */
  public static ModelException failed(String message) {
    return new ModelException("MODEL_FAILED", message, false);
  }

  /** Stable name of the failure. */
  public String code() {
    return code;
  }

  /** Whether another attempt could succeed. */
  public boolean retryable() {
    return retryable;
  }
}
