package io.millrace.platform.demo.analysis;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/**
 * A word, number or operator of a source text.
 *
 * @param text the characters as written
 * @param line the line it stands on, from 1
 * @param spaced whether a blank or line end stands before it
 */
record Token(String text, int line, boolean spaced) {

  private static final Set<String> PAIRS = Set.of("&&", "||", "??", "?.", "->", "=>", "::");

  /** Splits code in which comments and strings are blanked into tokens. */
  static List<Token> of(String code) {
    List<Token> tokens = new ArrayList<>(code.length() / 5 + 1);
    int line = 1;
    boolean spaced = true;
    int i = 0;
    while (i < code.length()) {
      char c = code.charAt(i);
      if (Character.isWhitespace(c)) {
        line += c == '\n' ? 1 : 0;
        spaced = true;
        i++;
        continue;
      }
      int end = i + 1;
      if (Character.isJavaIdentifierPart(c)) {
        while (end < code.length() && Character.isJavaIdentifierPart(code.charAt(end))) {
          end++;
        }
      } else if (end < code.length() && PAIRS.contains(code.substring(i, end + 1))) {
        end++;
      }
      tokens.add(new Token(code.substring(i, end), line, spaced));
      spaced = false;
      i = end;
    }
    return tokens;
  }

  boolean is(String other) {
    return text.equals(other);
  }

  /** Whether it begins like a name; keywords do too. */
  boolean isWord() {
    return Character.isJavaIdentifierStart(text.charAt(0));
  }
}
