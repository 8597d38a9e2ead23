package io.millrace.topologies.speculation.logic;

import java.util.List;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;

/** Finds what may be a name or an id in running text, and says what it looks like. */
final class Tokens {
  private static final int LENGTH_MIN = 3;
  private static final int LENGTH_MAX = 128;
  private static final int TEXT_MAX = 20_000;
  private static final int TOKENS_MAX = 500;
  private static final Pattern TOKEN =
      Pattern.compile("[\\p{L}\\p{N}](?:[\\p{L}\\p{N}_.:/@-]*[\\p{L}\\p{N}])?");
  private static final Pattern RUN = Pattern.compile("[\\p{L}\\p{N}]+");

  private Tokens() {}

  /** Whether it is running text rather than one value. */
  static boolean isText(String text) {
    return text.chars().anyMatch(Character::isWhitespace);
  }

  /** The words of a text that have at least three characters. */
  static List<String> of(String text) {
    return TOKEN
        .matcher(text.substring(0, Math.min(text.length(), TEXT_MAX)))
        .results()
        .map(MatchResult::group)
        .filter(token -> token.length() >= LENGTH_MIN && token.length() <= LENGTH_MAX)
        .limit(TOKENS_MAX)
        .toList();
  }

  /**
   * The shape of a token: digits become {@code 9}, lower-case letters {@code a}, runs with capitals
   * {@code A} and their length (codes are told apart by it), other runs {@code w}; what stands
   * between stays. {@code mia_li_3668} is {@code a_a_9}, {@code M20IZO} is {@code A6}.
   */
  static String shape(String token) {
    return RUN.matcher(token).replaceAll(run -> kind(run.group()));
  }

  private static String kind(String run) {
    if (run.chars().allMatch(Character::isDigit)) {
      return "9";
    }
    if (run.chars().allMatch(Character::isLowerCase)) {
      return "a";
    }
    if (run.chars().noneMatch(Character::isLowerCase)) {
      return "A" + run.length();
    }
    return "w";
  }
}
