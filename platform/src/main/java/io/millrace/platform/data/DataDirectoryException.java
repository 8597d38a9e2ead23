package io.millrace.platform.data;

import org.jspecify.annotations.Nullable;

/** A data directory cannot be held; the message says why, who holds it and what to do. */
public final class DataDirectoryException extends RuntimeException {

  DataDirectoryException(String message, @Nullable Throwable cause) {
    super(message, cause);
  }
}
