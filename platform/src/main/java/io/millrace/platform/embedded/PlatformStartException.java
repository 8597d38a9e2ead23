package io.millrace.platform.embedded;

/** The platform did not become ready; the message says which part and where to look. */
public final class PlatformStartException extends RuntimeException {

  PlatformStartException(String message) {
    super(message);
  }

  PlatformStartException(String message, Throwable cause) {
    super(message, cause);
  }
}
