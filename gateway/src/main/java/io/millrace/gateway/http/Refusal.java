package io.millrace.gateway.http;

/** Why a request is not done: the status, a stable name and a message for the one who reads it. */
public final class Refusal extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final int status;
  private final String code;

  /**
   * A refusal.
   *
   * @param status of HTTP, 400 to 599
   * @param code stable name, such as {@code BODY_TOO_LARGE}
   * @param message what was given, what was expected, what to do
   */
  public Refusal(int status, String code, String message) {
    super(message, null, false, false);
    this.status = status;
    this.code = code;
  }

  /** A request that is wrong: 400. */
  public static Refusal wrong(String code, String message) {
    return new Refusal(400, code, message);
  }

  /** HTTP's status. */
  public int status() {
    return status;
  }

  /** Stable name. */
  public String code() {
    return code;
  }

  /** What to say. */
  public String message() {
    return String.valueOf(getMessage());
  }
}
