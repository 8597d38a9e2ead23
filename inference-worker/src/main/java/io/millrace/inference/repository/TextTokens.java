package io.millrace.inference.repository;

import io.millrace.inference.ModelException;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;

/**
 * Splits a text in protobuf's text format into tokens.
 *
 * <p>Format: protobuf.dev, "Text Format Language Specification".
 */
final class TextTokens {

  /** What a token is. */
  enum Kind {
    NAME,
    NUMBER,
    TEXT,
    SIGN,
    END
  }

  private final String text;
  private final String where;
  private int next;
  private int line = 1;
  private Kind kind = Kind.END;
  private String value = "";
  private int tokenLine = 1;

  /**
   * Stands at the first token.
   *
   * @param where names the text, for messages
   * @throws ModelException MODEL_CONFIG_INVALID here and below where the text breaks the format
   */
  TextTokens(String text, String where) {
    this.text = text;
    this.where = where;
    advance();
  }

  Kind kind() {
    return kind;
  }

  /** The token's characters; of a text what it stands for. */
  String value() {
    return value;
  }

  /** Line of the token, from 1. */
  int line() {
    return tokenLine;
  }

  /** Whether the token is this sign. */
  boolean at(char sign) {
    return kind == Kind.SIGN && value.charAt(0) == sign;
  }

  /** Goes on if the token is this sign. */
  boolean skip(char sign) {
    if (!at(sign)) {
      return false;
    }
    advance();
    return true;
  }

  /** What to throw when a line is wrong. */
  ModelException wrong(int atLine, String message) {
    return ModelException.config("%s, line %d: %s".formatted(where, atLine, message));
  }

  /** What to throw when something else than this token was expected. */
  ModelException unexpected(String expected) {
    return wrong(
        tokenLine,
        "expected %s, found %s"
            .formatted(expected, kind == Kind.END ? "the end" : "'" + value + "'"));
  }

  /** Goes to the next token. */
  void advance() {
    blanks();
    tokenLine = line;
    if (next == text.length()) {
      kind = Kind.END;
      value = "";
      return;
    }
    char first = text.charAt(next);
    if (first == '"' || first == '\'') {
      kind = Kind.TEXT;
      ByteArrayOutputStream bytes = new ByteArrayOutputStream();
      // Texts that follow each other are one.
      while (next < text.length() && (text.charAt(next) == '"' || text.charAt(next) == '\'')) {
        quoted(bytes);
        blanks();
      }
      value = bytes.toString(StandardCharsets.UTF_8);
    } else if (letter(first)) {
      word(Kind.NAME);
    } else if (digit(first)
        || (first == '.' && next + 1 < text.length() && digit(text.charAt(next + 1)))) {
      word(Kind.NUMBER);
    } else {
      kind = Kind.SIGN;
      value = String.valueOf(first);
      next++;
    }
  }

  private void word(Kind found) {
    int start = next;
    while (next < text.length() && within(found, next, start)) {
      next++;
    }
    kind = found;
    value = text.substring(start, next);
  }

  private boolean within(Kind found, int at, int start) {
    char c = text.charAt(at);
    if (letter(c) || digit(c)) {
      return true;
    }
    // The sign of an exponent belongs to its number.
    return found == Kind.NUMBER
        && (c == '.'
            || ((c == '+' || c == '-')
                && at > start
                && (text.charAt(at - 1) == 'e' || text.charAt(at - 1) == 'E')));
  }

  private void blanks() {
    while (next < text.length()) {
      char c = text.charAt(next);
      if (c == '#') {
        while (next < text.length() && text.charAt(next) != '\n') {
          next++;
        }
      } else if (c == '\n') {
        line++;
        next++;
      } else if (c == ' ' || c == '\t' || c == '\r' || c == '\f' || c == 0x0B || c == '\uFEFF') {
        next++;
      } else {
        return;
      }
    }
  }

  private void quoted(ByteArrayOutputStream bytes) {
    char quote = text.charAt(next++);
    int start = next;
    while (true) {
      if (next == text.length() || text.charAt(next) == '\n') {
        throw wrong(line, "a text without its closing " + quote);
      }
      char c = text.charAt(next);
      if (c == quote || c == '\\') {
        bytes.writeBytes(text.substring(start, next).getBytes(StandardCharsets.UTF_8));
        next++;
        if (c == quote) {
          return;
        }
        escape(bytes);
        start = next;
      } else {
        next++;
      }
    }
  }

  private void escape(ByteArrayOutputStream bytes) {
    if (next == text.length()) {
      throw wrong(line, "a text that ends within an escape");
    }
    char c = text.charAt(next++);
    int plain = "abfnrtv\\'\"?".indexOf(c);
    if (plain >= 0) {
      bytes.write("\u0007\b\f\n\r\t\u000B\\'\"?".charAt(plain));
    } else if (c >= '0' && c <= '7') {
      bytes.write(Integer.parseInt(digits(next - 1, 3, 8), 8));
    } else if (c == 'x' || c == 'X') {
      bytes.write(Integer.parseInt(digits(next, 2, 16), 16));
    } else if (c == 'u' || c == 'U') {
      int length = c == 'u' ? 4 : 8;
      String code = digits(next, length, 16);
      long point = Long.parseLong(code, 16);
      if (code.length() != length || point > Character.MAX_CODE_POINT) {
        throw wrong(line, "an escape \\%c needs %d hexadecimal digits".formatted(c, length));
      }
      bytes.writeBytes(Character.toString((int) point).getBytes(StandardCharsets.UTF_8));
    } else {
      throw wrong(line, "an unknown escape \\" + c);
    }
  }

  /** Up to so many digits from a place on; goes behind them. */
  private String digits(int from, int most, int radix) {
    int end = from;
    while (end < text.length()
        && end < from + most
        && Character.digit(text.charAt(end), radix) >= 0) {
      end++;
    }
    if (end == from) {
      throw wrong(line, "an escape without digits");
    }
    next = end;
    return text.substring(from, end);
  }

  private static boolean letter(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
  }

  private static boolean digit(char c) {
    return c >= '0' && c <= '9';
  }
}
