package io.millrace.platform.demo.analysis;

import io.millrace.platform.demo.analysis.LexicalRules.Trait;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;

/**
 * Tells code, comments and strings of a source text apart in one pass.
 *
 * <p>It knows the literals of each {@link LexicalRules} family and nothing of the grammar above
 * them. An unclosed string ends with its line where the language says so, so one odd character does
 * not swallow a file. Quotes count as code, what is between them as string.
 */
final class Lexer {

  /** How far a guess looks around, so that no file costs more than its length times this. */
  private static final int LOOK_BACK = 4096;

  private final String text;
  private final LexicalRules rules;
  private final byte[] kinds;
  private int at;

  /** Open braces inside each template expression that the scanner is in. */
  private final Deque<Integer> templateBraces = new ArrayDeque<>();

  private Lexer(String text, LexicalRules rules) {
    this.text = text;
    this.rules = rules;
    this.kinds = new byte[text.length()];
  }

  /** Classifies every character of {@code text}. */
  static LexedSource lex(String text, LexicalRules rules) {
    Lexer lexer = new Lexer(text, rules);
    while (lexer.at < text.length()) {
      lexer.step();
    }
    return new LexedSource(text, lexer.kinds);
  }

  private void step() {
    char c = text.charAt(at);
    if (!rules.blockStart().isEmpty() && text.startsWith(rules.blockStart(), at)) {
      blockComment();
    } else if (startsLineComment()) {
      fill(at, lineEnd(at), LexedSource.COMMENT);
    } else if (rules.quotes().indexOf(c) >= 0 && opensString(c)) {
      string(c);
    } else if (c == '/' && rules.has(Trait.REGEX_LITERALS) && operandExpected()) {
      regexLiteral();
    } else {
      if (!templateBraces.isEmpty()) {
        templateBrace(c);
      } else {
        at++;
      }
    }
  }

  private void templateBrace(char c) {
    int open = templateBraces.pop();
    if (c == '{') {
      templateBraces.push(open + 1);
    } else if (c != '}' || open > 0) {
      templateBraces.push(c == '}' ? open - 1 : open);
    } else {
      at++;
      template(at);
      return;
    }
    at++;
  }

  private void blockComment() {
    int depth = 1;
    int end = at + rules.blockStart().length();
    while (end < text.length() && depth > 0) {
      if (text.startsWith(rules.blockEnd(), end)) {
        depth--;
        end += rules.blockEnd().length();
      } else if (rules.has(Trait.NESTED_COMMENTS) && text.startsWith(rules.blockStart(), end)) {
        depth++;
        end += rules.blockStart().length();
      } else {
        end++;
      }
    }
    fill(at, end, LexedSource.COMMENT);
  }

  private boolean startsLineComment() {
    for (String marker : rules.lineComments()) {
      if (text.startsWith(marker, at)) {
        if (rules.has(Trait.COMMENT_FIRST_ON_LINE)) {
          return firstOnLine(at);
        }
        return !rules.has(Trait.COMMENT_NEEDS_SPACE) || at == 0 || startsWord();
      }
    }
    return false;
  }

  private boolean startsWord() {
    char before = text.charAt(at - 1);
    return Character.isWhitespace(before) || before == ';' || before == '(';
  }

  private boolean opensString(char quote) {
    if (at == 0) {
      return true;
    }
    char before = text.charAt(at - 1);
    if (rules.has(Trait.DIGIT_QUOTES) && quote == '\'' && isHexDigit(before)) {
      return false;
    }
    if (rules.has(Trait.LIFETIMES) && quote == '\'') {
      return at + 2 < text.length() && (text.charAt(at + 1) == '\\' || text.charAt(at + 2) == '\'');
    }
    if (rules.has(Trait.QUOTE_NEEDS_SPACE)) {
      return Character.isWhitespace(before) || "[{,=:(!".indexOf(before) >= 0;
    }
    // A backslash before a quote outside a string is an escape in shells.
    return before != '\\';
  }

  private void string(char quote) {
    boolean tripled = text.startsWith(String.valueOf(quote).repeat(3), at);
    if (tripled && (quote == '"' ? rules.has(Trait.TRIPLE_DOUBLE_QUOTES) : tripleSingle(quote))) {
      boolean documentation = rules.has(Trait.DOC_STRINGS) && isStatement();
      closing(String.valueOf(quote).repeat(3), 3, true, true, documentation);
    } else if (quote == '`' && rules.has(Trait.TEMPLATES)) {
      template(at + 1);
    } else if (quote == '`') {
      closing("`", 1, false, true, false);
    } else if (quote == '"' && rules.has(Trait.RAW_PARENTHESES) && precededBy('R')) {
      rawParentheses();
    } else if (quote == '"' && rules.has(Trait.VERBATIM_STRINGS) && precededBy('@')) {
      closing("\"", 1, false, true, false);
    } else {
      boolean documentation = rules.has(Trait.DOC_STRINGS) && isStatement();
      closing(String.valueOf(quote), 1, true, rules.has(Trait.MULTILINE_STRINGS), documentation);
    }
  }

  private boolean tripleSingle(char quote) {
    return quote == '\'' && rules.has(Trait.TRIPLE_SINGLE_QUOTES);
  }

  /** Reads to the closing mark, which is {@code quotes} characters like the opening one. */
  private void closing(
      String close, int quotes, boolean escapes, boolean manyLines, boolean documentation) {
    int start = at;
    int end = at + quotes;
    while (end < text.length() && !text.startsWith(close, end)) {
      char c = text.charAt(end);
      if (!manyLines && c == '\n') {
        fill(start + quotes, end, LexedSource.STRING);
        return;
      }
      end += escapes && c == '\\' ? 2 : 1;
    }
    end = Math.min(end, text.length());
    int after = Math.min(end + quotes, text.length());
    if (documentation) {
      fill(start, after, LexedSource.COMMENT);
    } else {
      fill(start + quotes, end, LexedSource.STRING);
      at = after;
    }
  }

  private void rawParentheses() {
    int open = at + 1;
    while (open < text.length() && open - at <= 17 && text.charAt(open) != '(') {
      open++;
    }
    if (open >= text.length() || text.charAt(open) != '(') {
      closing("\"", 1, true, false, false);
      return;
    }
    String close = ")" + text.substring(at + 1, open) + "\"";
    int end = text.indexOf(close, open);
    int stop = end < 0 ? text.length() : end + close.length() - 1;
    fill(at + 1, stop, LexedSource.STRING);
    at = Math.min(stop + 1, text.length());
  }

  /** Reads the characters of a template literal from {@code from} to its end or next expression. */
  private void template(int from) {
    int end = from;
    while (end < text.length()) {
      char c = text.charAt(end);
      if (c == '`') {
        fill(from, end, LexedSource.STRING);
        at = end + 1;
        return;
      }
      if (c == '$' && end + 1 < text.length() && text.charAt(end + 1) == '{') {
        fill(from, end, LexedSource.STRING);
        at = end + 2;
        templateBraces.push(0);
        return;
      }
      end += c == '\\' ? 2 : 1;
    }
    fill(from, text.length(), LexedSource.STRING);
  }

  private void regexLiteral() {
    boolean inClass = false;
    int end = at + 1;
    int limit = Math.min(text.length(), at + LOOK_BACK);
    while (end < limit && text.charAt(end) != '\n') {
      char c = text.charAt(end);
      if (c == '[') {
        inClass = true;
      } else if (c == ']') {
        inClass = false;
      } else if (c == '/' && !inClass) {
        fill(at + 1, end, LexedSource.STRING);
        at = end + 1;
        return;
      }
      end += c == '\\' ? 2 : 1;
    }
    // No closing slash on this line: it was a division after all.
    at++;
  }

  /** Whether an operand, not an operator, can stand here, so that a slash opens a pattern. */
  private boolean operandExpected() {
    int i = lastCodeBefore(at);
    if (i < 0) {
      return true;
    }
    char before = text.charAt(i);
    if (Character.isJavaIdentifierPart(before)) {
      int start = i;
      while (start > 0 && i - start < 8 && Character.isJavaIdentifierPart(text.charAt(start - 1))) {
        start--;
      }
      String word = text.substring(start, i + 1);
      return word.equals("return") || word.equals("typeof") || word.equals("case");
    }
    return "(,=:[!&|?{};+-*%~^".indexOf(before) >= 0;
  }

  /** Whether the string that starts here is a statement of its own. */
  private boolean isStatement() {
    if (!firstOnLine(at)) {
      return false;
    }
    int i = lastCodeBefore(at);
    return i < 0 || text.charAt(i) == ':';
  }

  /** The last character before {@code offset} that is neither blank nor comment, -1 if none. */
  private int lastCodeBefore(int offset) {
    int i = offset - 1;
    int stop = Math.max(-1, offset - LOOK_BACK);
    while (i > stop
        && (Character.isWhitespace(text.charAt(i)) || kinds[i] == LexedSource.COMMENT)) {
      i--;
    }
    return i;
  }

  private boolean firstOnLine(int offset) {
    int i = offset - 1;
    while (i >= 0 && text.charAt(i) != '\n') {
      if (!Character.isWhitespace(text.charAt(i))) {
        return false;
      }
      i--;
    }
    return true;
  }

  private boolean precededBy(char c) {
    return at > 0 && text.charAt(at - 1) == c;
  }

  private int lineEnd(int from) {
    int end = text.indexOf('\n', from);
    return end < 0 ? text.length() : end;
  }

  private void fill(int from, int to, byte kind) {
    int end = Math.min(to, text.length());
    if (from < end) {
      Arrays.fill(kinds, from, end, kind);
    }
    at = Math.max(end, from);
  }

  private static boolean isHexDigit(char c) {
    return Character.digit(c, 16) >= 0;
  }
}
