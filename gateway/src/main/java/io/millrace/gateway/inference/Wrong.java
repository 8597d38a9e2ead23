package io.millrace.gateway.inference;

import io.millrace.gateway.http.Refusal;

/** Says which field of an inference request is wrong, and how. */
final class Wrong {
  private static final String CODE = "REQUEST_INVALID";

  private Wrong() {}

  /** A field is wrong. */
  static Refusal field(String at, String how) {
    return Refusal.wrong(CODE, at + ": " + how);
  }

  /** The request as a whole is wrong. */
  static Refusal request(String how) {
    return Refusal.wrong(CODE, how);
  }
}
