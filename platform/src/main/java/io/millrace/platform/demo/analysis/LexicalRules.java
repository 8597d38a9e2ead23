package io.millrace.platform.demo.analysis;

import java.util.EnumSet;
import java.util.List;
import java.util.Set;

/**
 * How comments and strings of a family of languages begin and end.
 *
 * @param lineComments what starts a comment that ends with the line
 * @param blockStart what starts a block comment, empty if there is none
 * @param blockEnd what ends a block comment
 * @param quotes the characters that open and close a string or character literal
 * @param traits what else is special
 */
record LexicalRules(
    List<String> lineComments,
    String blockStart,
    String blockEnd,
    String quotes,
    Set<Trait> traits) {

  static final LexicalRules PLAIN = rules(List.of(), "", "", "");
  static final LexicalRules JAVA =
      rules(List.of("//"), "/*", "*/", "\"'", Trait.TRIPLE_DOUBLE_QUOTES);
  static final LexicalRules NESTING =
      rules(
          List.of("//"),
          "/*",
          "*/",
          "\"'",
          Trait.TRIPLE_DOUBLE_QUOTES,
          Trait.NESTED_COMMENTS,
          Trait.LIFETIMES);
  static final LexicalRules PYTHON_LIKE_C =
      rules(
          List.of("//"), "/*", "*/", "\"'", Trait.TRIPLE_DOUBLE_QUOTES, Trait.TRIPLE_SINGLE_QUOTES);
  static final LexicalRules SCRIPT =
      rules(List.of("//"), "/*", "*/", "\"'`", Trait.TEMPLATES, Trait.REGEX_LITERALS);
  static final LexicalRules PYTHON =
      rules(
          List.of("#"),
          "",
          "",
          "\"'",
          Trait.TRIPLE_DOUBLE_QUOTES,
          Trait.TRIPLE_SINGLE_QUOTES,
          Trait.DOC_STRINGS);
  static final LexicalRules GO = rules(List.of("//"), "/*", "*/", "\"'`", Trait.RAW_BACKTICKS);
  static final LexicalRules C =
      rules(List.of("//"), "/*", "*/", "\"'", Trait.DIGIT_QUOTES, Trait.RAW_PARENTHESES);
  static final LexicalRules CSHARP =
      rules(List.of("//"), "/*", "*/", "\"'", Trait.TRIPLE_DOUBLE_QUOTES, Trait.VERBATIM_STRINGS);
  static final LexicalRules RUST =
      rules(
          List.of("//"),
          "/*",
          "*/",
          "\"'",
          Trait.NESTED_COMMENTS,
          Trait.LIFETIMES,
          Trait.MULTILINE_STRINGS);
  static final LexicalRules PHP =
      rules(List.of("//", "#"), "/*", "*/", "\"'", Trait.MULTILINE_STRINGS);
  static final LexicalRules HASH =
      rules(List.of("#"), "", "", "\"'", Trait.MULTILINE_STRINGS, Trait.COMMENT_NEEDS_SPACE);
  static final LexicalRules LUA = rules(List.of("--"), "--[[", "]]", "\"'");
  static final LexicalRules SQL = rules(List.of("--"), "/*", "*/", "'", Trait.MULTILINE_STRINGS);
  static final LexicalRules CSS = rules(List.of(), "/*", "*/", "\"'");
  static final LexicalRules MARKUP = rules(List.of(), "<!--", "-->", "");
  static final LexicalRules SETTINGS =
      rules(List.of("#"), "", "", "\"'", Trait.COMMENT_NEEDS_SPACE, Trait.QUOTE_NEEDS_SPACE);
  static final LexicalRules LINES = rules(List.of("#"), "", "", "", Trait.COMMENT_FIRST_ON_LINE);

  /** A speciality of some languages' literals or comments. */
  enum Trait {
    /** {@code """text"""} over several lines. */
    TRIPLE_DOUBLE_QUOTES,
    /** {@code '''text'''} over several lines. */
    TRIPLE_SINGLE_QUOTES,
    /** A string that is a whole statement is documentation, so it counts as a comment. */
    DOC_STRINGS,
    /** Backtick strings with code inside <code>${ }</code>. */
    TEMPLATES,
    /** {@code /pattern/} where an operand is expected. */
    REGEX_LITERALS,
    /** Backtick strings without escapes, over several lines. */
    RAW_BACKTICKS,
    /** {@code 1'000'000} is a number. */
    DIGIT_QUOTES,
    /** {@code R"x( )x"} is a string without escapes. */
    RAW_PARENTHESES,
    /** {@code @"text"}: without escapes, over several lines, quotes doubled. */
    VERBATIM_STRINGS,
    /** {@code 'a} without a closing quote is a name, not a character. */
    LIFETIMES,
    /** A quoted string may hold line ends. */
    MULTILINE_STRINGS,
    /** Block comments nest. */
    NESTED_COMMENTS,
    /** A line comment starts only at a word's start. */
    COMMENT_NEEDS_SPACE,
    /** A line comment is the first thing on its line. */
    COMMENT_FIRST_ON_LINE,
    /** A quote opens a string only at a word's start, so that an apostrophe does not. */
    QUOTE_NEEDS_SPACE
  }

  boolean has(Trait trait) {
    return traits.contains(trait);
  }

  private static LexicalRules rules(
      List<String> line, String start, String end, String quotes, Trait... traits) {
    Set<Trait> set = EnumSet.noneOf(Trait.class);
    set.addAll(List.of(traits));
    return new LexicalRules(line, start, end, quotes, Set.copyOf(set));
  }
}
