package io.millrace.schemas.http;

/** Another program holds the port; the message says which one was wanted and what to do. */
public final class PortInUseException extends RuntimeException {

  /**
   * A port that cannot be had.
   *
   * @param name what wanted to serve there
   */
  public PortInUseException(String name, int port, Throwable cause) {
    super(
        "Port "
            + port
            + " on 127.0.0.1 is in use, and the "
            + name
            + " needs it. Stop the program that holds it, or give another port (0 for any free"
            + " one).",
        cause);
  }
}
