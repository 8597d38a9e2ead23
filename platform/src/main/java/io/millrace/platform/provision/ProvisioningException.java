package io.millrace.platform.provision;

import org.jspecify.annotations.Nullable;

/** The topics are not, and could not be made, as the catalogue has them; the message says which. */
public final class ProvisioningException extends RuntimeException {

  ProvisioningException(String message, @Nullable Throwable cause) {
    super(message, cause);
  }
}
