package io.millrace.platform.demo.analysis;

import java.util.List;
import java.util.Set;

/** Tells which tokens of a language are decisions. */
final class Decisions {

  private static final Set<String> JAVA = Set.of("if", "for", "while", "case", "catch", "&&", "||");
  private static final Set<String> C = Set.of("if", "for", "while", "case", "catch", "&&", "||");
  private static final Set<String> CSHARP =
      Set.of("if", "for", "foreach", "while", "case", "catch", "&&", "||", "??");
  private static final Set<String> SCRIPT =
      Set.of("if", "for", "while", "case", "catch", "&&", "||", "??");
  private static final Set<String> GO = Set.of("if", "for", "case", "&&", "||");
  private static final Set<String> PYTHON =
      Set.of("if", "elif", "for", "while", "except", "and", "or");

  /** What follows a question mark that is no choice: a wildcard, an optional name or a type. */
  private static final Set<String> AFTER_MARK = Set.of(":", ",", ")", ">", ";", "=", "]", "}", "|");

  private Decisions() {}

  /** Whether the token at {@code i} adds a path to its function. */
  static boolean at(List<Token> tokens, int i, Language language) {
    String text = tokens.get(i).text();
    if (text.equals("?")) {
      return isTernary(tokens, i, language);
    }
    boolean word = Character.isLetter(text.charAt(0));
    if (word && i > 0 && (tokens.get(i - 1).is(".") || tokens.get(i - 1).is("?."))) {
      return false;
    }
    return switch (language) {
      case JAVA -> JAVA.contains(text) && !isFieldName(tokens, i, word, language);
      case C, CPP -> C.contains(text) && !isRvalueReference(tokens, i, language);
      case CSHARP -> CSHARP.contains(text);
      case JAVASCRIPT, TYPESCRIPT ->
          SCRIPT.contains(text) && !isFieldName(tokens, i, word, language);
      case GO -> GO.contains(text);
      case PYTHON -> PYTHON.contains(text);
      default -> false;
    };
  }

  private static boolean isTernary(List<Token> tokens, int i, Language language) {
    if (i == 0 || i + 1 >= tokens.size() || AFTER_MARK.contains(tokens.get(i + 1).text())) {
      return false;
    }
    Token before = tokens.get(i - 1);
    return switch (language) {
      case JAVA -> !before.is("<") && !before.is(",");
      case C, CPP, JAVASCRIPT -> true;
      // Without blanks around it a mark in these languages belongs to an optional type.
      case CSHARP, TYPESCRIPT -> tokens.get(i).spaced() && tokens.get(i + 1).spaced();
      default -> false;
    };
  }

  /** {@code if:} as a property's name, or {@code catch(} as a promise's method in a class. */
  private static boolean isFieldName(List<Token> tokens, int i, boolean word, Language language) {
    return word && language != Language.JAVA && i + 1 < tokens.size() && tokens.get(i + 1).is(":");
  }

  /** {@code T&& x} in a parameter list: both neighbours tell it from a condition. */
  private static boolean isRvalueReference(List<Token> tokens, int i, Language language) {
    if (language != Language.CPP || !tokens.get(i).is("&&") || i + 1 >= tokens.size()) {
      return false;
    }
    Token after = tokens.get(i + 1);
    return !tokens.get(i).spaced() || after.is(")") || after.is(",") || after.is(">");
  }
}
