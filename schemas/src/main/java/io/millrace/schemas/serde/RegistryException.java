package io.millrace.schemas.serde;

import org.apache.kafka.common.errors.SerializationException;

/** The registry refused, or could not be asked. */
public final class RegistryException extends SerializationException {
  private final boolean away;
  private final int status;

  RegistryException(String message, boolean away, int status, Throwable cause) {
    super(message, cause);
    this.away = away;
    this.status = status;
  }

  RegistryException(String message, int status) {
    super(message);
    this.away = false;
    this.status = status;
  }

  /** Whether the registry could not be asked at all: the same call may succeed later. */
  public boolean away() {
    return away;
  }

  /** HTTP status of its answer; 0 if there was none. */
  public int status() {
    return status;
  }
}
