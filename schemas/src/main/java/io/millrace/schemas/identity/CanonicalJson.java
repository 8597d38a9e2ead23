package io.millrace.schemas.identity;

import java.io.IOException;
import org.erdtman.jcs.JsonCanonicalizer;

/** Brings JSON into the one form of RFC 8785 (JSON Canonicalization Scheme). */
public final class CanonicalJson {
  private CanonicalJson() {}

  /**
   * The canonical form: sorted names, no white space, ECMAScript numbers.
   *
   * @param json JSON text; an object or an array
   * @return the canonical text of the same value
   * @throws IllegalArgumentException if the text is not JSON, or holds what RFC 8785 excludes
   *     (duplicate names, numbers outside IEEE 754 double)
   */
  public static String of(String json) {
    try {
      return new JsonCanonicalizer(json).getEncodedString();
    } catch (IOException | RuntimeException | StackOverflowError e) {
      throw new IllegalArgumentException("not JSON that RFC 8785 can order: " + e.getMessage(), e);
    }
  }
}
