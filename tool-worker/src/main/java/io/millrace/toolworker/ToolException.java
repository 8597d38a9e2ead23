package io.millrace.toolworker;

import java.util.concurrent.CompletableFuture;

/** A tool failed in a way that it can name. */
public final class ToolException extends RuntimeException {

  private final String code;
  private final boolean retryable;

  /**
   * A failure.
   *
   * @param code stable upper-case name with underscores, such as {@code HTTP_503}
   * @param message what was given, what was expected, what to do
   * @param retryable whether another attempt could succeed
   */
  public ToolException(String code, String message, boolean retryable) {
    // Expected in masses when a target is ill; nobody reads the stack.
    super(message, null, false, false);
    this.code = code;
    this.retryable = retryable;
  }

  /** The arguments of the call do not do; trying again does not help. */
  public static ToolException arguments(String message) {
    return new ToolException("ARGUMENTS_INVALID", message, false);
  }

  /** The target is declared wrongly; trying again does not help. */
  public static ToolException declaration(String message) {
    return new ToolException("TARGET_INVALID", message, false);
  }

  /** Stable name of the failure. */
  public String code() {
    return code;
  }

  /** Whether another attempt could succeed. */
  public boolean retryable() {
    return retryable;
  }

  /** This failure as a stage that has ended. */
  public <T> CompletableFuture<T> asStage() {
    return CompletableFuture.failedFuture(this);
  }
}
