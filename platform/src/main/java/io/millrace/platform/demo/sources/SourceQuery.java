package io.millrace.platform.demo.sources;

import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** The parameters of a question to a source; {@code q} says what is asked. */
final class SourceQuery {

  private static final int MAX_CHARACTERS = 2048;
  private static final int MAX_TEXT = 200;

  private final SortedMap<String, String> parameters;
  private final String text;

  private SourceQuery(SortedMap<String, String> parameters, String text) {
    this.parameters = parameters;
    this.text = text;
  }

  /**
   * Reads the query part of an address.
   *
   * @param raw as sent, percent-encoded, null if there is none
   * @throws IllegalArgumentException if it has no {@code q}, is too long or not well encoded
   */
  static SourceQuery parse(@Nullable String raw) {
    if (raw != null && raw.length() > MAX_CHARACTERS) {
      throw new IllegalArgumentException(
          "the query has " + raw.length() + " characters, expected at most " + MAX_CHARACTERS);
    }
    SortedMap<String, String> parameters = new TreeMap<>();
    for (String pair : raw == null ? new String[0] : raw.split("&", -1)) {
      int equals = pair.indexOf('=');
      if (equals > 0) {
        parameters.put(decode(pair.substring(0, equals)), decode(pair.substring(equals + 1)));
      }
    }
    String text = parameters.get("q");
    if (text == null || text.isBlank() || text.length() > MAX_TEXT) {
      throw new IllegalArgumentException(
          "the parameter q is "
              + (text == null || text.isBlank() ? "missing" : "too long")
              + ", expected ?q=TEXT with 1 to "
              + MAX_TEXT
              + " characters");
    }
    return new SourceQuery(parameters, text);
  }

  /** What is asked. */
  String text() {
    return text;
  }

  /**
   * A number that depends on {@code seed}, on the source and on every parameter, not on their order
   * (FNV-1a).
   */
  long hash(long seed, String source) {
    StringBuilder whole = new StringBuilder(source);
    parameters.forEach((name, value) -> whole.append('&').append(name).append('=').append(value));
    long hash = 0xcbf29ce484222325L ^ seed;
    for (int i = 0; i < whole.length(); i++) {
      hash = (hash ^ whole.charAt(i)) * 0x100000001b3L;
    }
    return hash;
  }

  private static String decode(String encoded) {
    return URLDecoder.decode(encoded, StandardCharsets.UTF_8);
  }
}
