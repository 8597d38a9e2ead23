package io.millrace.platform.demo.analysis;

/**
 * A source text whose every character is known to be code, comment or inside a string.
 *
 * <p>Offsets are those of the text, so a position found in one view holds in the others.
 */
final class LexedSource {

  static final byte CODE = 0;
  static final byte COMMENT = 1;
  static final byte STRING = 2;

  private final String text;
  private final byte[] kinds;

  LexedSource(String text, byte[] kinds) {
    this.text = text;
    this.kinds = kinds;
  }

  /** The text as it was read. */
  String text() {
    return text;
  }

  /** What the character at {@code offset} is. */
  byte kind(int offset) {
    return kinds[offset];
  }

  /** The text with comments and the content of strings blanked; quotes and line ends stay. */
  String code() {
    return view(true, false, false);
  }

  /** The text with comments blanked. */
  String codeAndStrings() {
    return view(true, false, true);
  }

  /** The text with all but comments blanked. */
  String comments() {
    return view(false, true, false);
  }

  private String view(boolean code, boolean comment, boolean string) {
    char[] out = new char[kinds.length];
    for (int i = 0; i < out.length; i++) {
      char c = text.charAt(i);
      byte kind = kinds[i];
      boolean shown = kind == CODE ? code : kind == COMMENT ? comment : string;
      out[i] = shown || c == '\n' || c == '\r' ? c : ' ';
    }
    return new String(out);
  }
}
