package io.millrace.platform.demo.analysis;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Finds the functions of Python by indentation; each counts alone, one inside another too.
 *
 * <p>A {@code case} of a {@code match} is a decision; comprehensions decide by their {@code for}
 * and {@code if}.
 */
final class PythonFunctions {

  /** A {@code def} or {@code class}; the function is null for a class. */
  private record Scope(int indent, String name, @Nullable FunctionBuilder function) {}

  private final Deque<Scope> scopes = new ArrayDeque<>();
  private final List<FunctionComplexity> found = new ArrayList<>();

  private PythonFunctions() {}

  /** The functions in code without comments and strings. */
  static List<FunctionComplexity> of(String code) {
    PythonFunctions scan = new PythonFunctions();
    int brackets = 0;
    boolean continued = false;
    int number = 0;
    for (String line : code.split("\n", -1)) {
      number++;
      List<Token> tokens = Token.of(line);
      if (tokens.isEmpty()) {
        continue;
      }
      if (brackets <= 0 && !continued) {
        scan.begin(tokens, indent(line), number);
      }
      scan.count(tokens, brackets <= 0 && !continued);
      for (Token token : tokens) {
        brackets += "([{".contains(token.text()) ? 1 : ")]}".contains(token.text()) ? -1 : 0;
      }
      brackets = Math.max(0, brackets);
      continued = tokens.get(tokens.size() - 1).is("\\");
    }
    scan.closeTo(-1);
    return scan.found;
  }

  private void begin(List<Token> tokens, int indent, int line) {
    closeTo(indent);
    int keyword = tokens.get(0).is("async") ? 1 : 0;
    if (tokens.size() <= keyword + 1 || !tokens.get(keyword + 1).isWord()) {
      return;
    }
    String name = tokens.get(keyword + 1).text();
    String qualified = scopes.isEmpty() ? name : scopes.element().name() + "." + name;
    if (tokens.get(keyword).is("def")) {
      scopes.push(new Scope(indent, qualified, new FunctionBuilder(qualified, line)));
    } else if (tokens.get(0).is("class")) {
      scopes.push(new Scope(indent, qualified, null));
    }
  }

  private void closeTo(int indent) {
    while (!scopes.isEmpty() && scopes.element().indent() >= indent) {
      FunctionBuilder function = scopes.remove().function();
      if (function != null) {
        found.add(function.build());
      }
    }
  }

  private void count(List<Token> tokens, boolean beginsStatement) {
    Scope scope = scopes.peek();
    if (scope == null || scope.function() == null) {
      return;
    }
    for (int i = 0; i < tokens.size(); i++) {
      if (Decisions.at(tokens, i, Language.PYTHON)) {
        scope.function().decide();
      }
    }
    boolean caseBlock =
        beginsStatement
            && tokens.size() > 2
            && tokens.get(0).is("case")
            && tokens.get(tokens.size() - 1).is(":")
            && !(tokens.get(1).is("_") && tokens.size() == 3);
    if (caseBlock) {
      scope.function().decide();
    }
  }

  private static int indent(String line) {
    int width = 0;
    for (int i = 0; i < line.length(); i++) {
      char c = line.charAt(i);
      if (c == '\t') {
        width = (width / 8 + 1) * 8;
      } else if (c == ' ') {
        width++;
      } else {
        break;
      }
    }
    return width;
  }
}
