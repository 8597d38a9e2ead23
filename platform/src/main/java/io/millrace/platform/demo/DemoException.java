package io.millrace.platform.demo;

import org.jspecify.annotations.Nullable;

/** A step of the demo could not be carried out; the message says what was waited for. */
public final class DemoException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  DemoException(String message, @Nullable Throwable cause) {
    super(message, cause);
  }
}
