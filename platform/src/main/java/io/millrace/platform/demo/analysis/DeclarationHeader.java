package io.millrace.platform.demo.analysis;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What the tokens before an opening brace declare.
 *
 * <p>Annotations, attributes and compiler extensions are dropped first, since they bring
 * parentheses of their own.
 */
final class DeclarationHeader {

  private static final Set<String> TYPE_KEYWORDS =
      Set.of("class", "interface", "enum", "record", "struct", "union", "namespace", "extern");
  private static final Set<String> CONTROL =
      Set.of(
          "if",
          "for",
          "while",
          "switch",
          "catch",
          "synchronized",
          "try",
          "do",
          "else",
          "return",
          "throw",
          "new",
          "sizeof");

  /** Keywords of C# that are names elsewhere. */
  private static final Set<String> CSHARP_CONTROL = Set.of("foreach", "using", "lock", "fixed");

  private static final Set<String> ACCESSORS = Set.of("get", "set", "init", "add", "remove");
  private static final Set<String> EXTENSIONS =
      Set.of("__attribute__", "__declspec", "alignas", "decltype", "noexcept", "_Alignas");

  private final List<Token> tokens;
  private final Language language;

  /** Index of the first parenthesis outside brackets, -1 if there is none. */
  private final int parenthesis;

  private DeclarationHeader(List<Token> tokens, Language language) {
    this.tokens = tokens;
    this.language = language;
    this.parenthesis = firstParenthesis(tokens);
  }

  /** Reads the tokens between the end of the last statement and an opening brace. */
  static DeclarationHeader read(List<Token> tokens, Language language) {
    return new DeclarationHeader(declared(tokens, language), language);
  }

  /**
   * The name of the declared type or namespace, empty for one without; null if none is declared.
   */
  @Nullable String typeName() {
    for (int i = 0; i < tokens.size(); i++) {
      if (isTypeKeyword(i)) {
        if (isC() && parenthesis > i && functionName("") != null && !declaresType(i)) {
          return null;
        }
        return i + 1 < tokens.size() && tokens.get(i + 1).isWord() ? nameAfter(i) : "";
      }
      if (tokens.get(i).is("=") || (tokens.get(i).is("(") && !isC())) {
        return null;
      }
    }
    return null;
  }

  /** The name of the declared function, null if none is; {@code type} is the type around it. */
  @Nullable String functionName(String type) {
    if (parenthesis < 0) {
      return withoutParameters(type);
    }
    if (parenthesis == 0 || isAssigned()) {
      return null;
    }
    Token name = tokens.get(parenthesis - 1);
    if (!name.isWord()) {
      return operatorName();
    }
    boolean csharpWord = language == Language.CSHARP && CSHARP_CONTROL.contains(name.text());
    if (csharpWord || CONTROL.contains(name.text())) {
      return null;
    }
    if (isC()) {
      return cName();
    }
    boolean typed = parenthesis > 1 && endsType(tokens.get(parenthesis - 2));
    return typed || name.is(type) ? name.text() : null;
  }

  /** The variable that the header assigns to, null if it does not. */
  @Nullable String fieldName() {
    for (int i = 1; i < tokens.size(); i++) {
      if (tokens.get(i).is("=") && tokens.get(i - 1).isWord()) {
        return tokens.get(i - 1).text();
      }
    }
    return null;
  }

  /** Whether the body holds members though it is no type: a C# property, an enum constant. */
  boolean opensMembers() {
    if (tokens.isEmpty() || isC() || isAssigned()) {
      return false;
    }
    return parenthesis > 0 || tokens.get(tokens.size() - 1).isWord();
  }

  /** The name before the first parenthesis, or the last word without one; may be empty. */
  String lastWord() {
    int at = (parenthesis < 0 ? tokens.size() : parenthesis) - 1;
    return at >= 0 && tokens.get(at).isWord() ? tokens.get(at).text() : "";
  }

  private boolean isC() {
    return language == Language.C || language == Language.CPP;
  }

  private boolean isTypeKeyword(int i) {
    String text = tokens.get(i).text();
    if (!TYPE_KEYWORDS.contains(text) || (i > 0 && tokens.get(i - 1).is("."))) {
      return false;
    }
    if (text.equals("record")) {
      return !isC() && i + 1 < tokens.size() && tokens.get(i + 1).isWord();
    }
    return isC() || !text.equals("extern");
  }

  /** Whether a C keyword at {@code i} declares a type here instead of naming a return type. */
  private boolean declaresType(int i) {
    String text = tokens.get(i).text();
    boolean body = text.equals("class") || text.equals("namespace");
    return body && parenthesis > i + 3 && tokens.get(i + 2).is(":");
  }

  private String nameAfter(int i) {
    StringBuilder name = new StringBuilder(tokens.get(i + 1).text());
    for (int j = i + 2; j + 1 < tokens.size() && tokens.get(j).is("::"); j += 2) {
      name.append("::").append(tokens.get(j + 1).text());
    }
    return name.toString();
  }

  private boolean isAssigned() {
    int end = parenthesis < 0 ? tokens.size() : parenthesis;
    for (int i = 0; i < end; i++) {
      if (tokens.get(i).is("=")) {
        return !isOperator(i);
      }
    }
    return false;
  }

  private boolean isOperator(int i) {
    for (int j = Math.max(0, i - 3); j < i; j++) {
      if (tokens.get(j).is("operator")) {
        return true;
      }
    }
    return false;
  }

  private @Nullable String operatorName() {
    for (int i = Math.max(0, parenthesis - 4); i < parenthesis; i++) {
      if (tokens.get(i).is("operator")) {
        StringBuilder name = new StringBuilder();
        for (int j = i; j < parenthesis; j++) {
          name.append(tokens.get(j).text());
        }
        return name.toString();
      }
    }
    return null;
  }

  private @Nullable String cName() {
    StringBuilder name = new StringBuilder(tokens.get(parenthesis - 1).text());
    int i = parenthesis - 2;
    if (i >= 0 && tokens.get(i).is("~")) {
      name.insert(0, "~");
      i--;
    }
    while (i >= 1 && tokens.get(i).is("::") && tokens.get(i - 1).isWord()) {
      name.insert(0, tokens.get(i - 1).text() + "::");
      i -= 2;
    }
    return name.toString();
  }

  private @Nullable String withoutParameters(String type) {
    if (isC()) {
      return null;
    }
    if (tokens.isEmpty()) {
      return language == Language.JAVA ? "initialiser" : null;
    }
    Token last = tokens.get(tokens.size() - 1);
    if (language == Language.JAVA) {
      if (last.is("static") && tokens.size() == 1) {
        return "static initialiser";
      }
      // A canonical constructor of a record has no parameter list of its own.
      return last.is(type) && !isAssigned() ? last.text() : null;
    }
    return ACCESSORS.contains(last.text()) ? last.text() : null;
  }

  private static boolean endsType(Token token) {
    return (token.isWord() && !token.is("new")) || token.is(">") || token.is("]") || token.is("?");
  }

  private static int firstParenthesis(List<Token> tokens) {
    for (int i = 0; i < tokens.size(); i++) {
      if (tokens.get(i).is("(")) {
        // A call operator has its name in parentheses; the parameters come after it.
        boolean callOperator = i > 0 && tokens.get(i - 1).is("operator");
        if (!callOperator) {
          return i;
        }
        i++;
      }
    }
    return -1;
  }

  private static List<Token> declared(List<Token> tokens, Language language) {
    List<Token> out = new ArrayList<>();
    for (int i = 0; i < tokens.size(); i++) {
      Token token = tokens.get(i);
      boolean annotation =
          token.is("@") && i + 1 < tokens.size() && !tokens.get(i + 1).is("interface");
      if (annotation) {
        i++;
        while (i + 2 < tokens.size() && tokens.get(i + 1).is(".")) {
          i += 2;
        }
        i = skipGroup(tokens, i, "(", ")");
      } else if (EXTENSIONS.contains(token.text())) {
        i = skipGroup(tokens, i, "(", ")");
      } else if (language == Language.CSHARP && token.is("[") && out.isEmpty()) {
        i = skipGroup(tokens, i - 1, "[", "]");
      } else {
        out.add(token);
      }
    }
    return out;
  }

  /** Index of the last token of the group that follows {@code i}, {@code i} if none does. */
  private static int skipGroup(List<Token> tokens, int i, String open, String close) {
    if (i + 1 >= tokens.size() || !tokens.get(i + 1).is(open)) {
      return i;
    }
    int depth = 0;
    for (int j = i + 1; j < tokens.size(); j++) {
      depth += tokens.get(j).is(open) ? 1 : tokens.get(j).is(close) ? -1 : 0;
      if (depth == 0) {
        return j;
      }
    }
    return tokens.size() - 1;
  }
}
