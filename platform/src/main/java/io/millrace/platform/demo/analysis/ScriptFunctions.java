package io.millrace.platform.demo.analysis;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Finds the functions of JavaScript and TypeScript with a body in braces.
 *
 * <p>Each function counts alone, one inside another too; an arrow function without braces belongs
 * to the function around it.
 */
final class ScriptFunctions {

  private static final int MAX_TYPE_TOKENS = 40;
  private static final Set<String> CONTROL =
      Set.of("if", "for", "while", "switch", "catch", "with");
  private static final Set<String> IN_TYPE = Set.of(".", "<", ">", "[", "]", "|", "&", ",");

  private record Frame(
      @Nullable FunctionBuilder function, boolean ownsFunction, int parenthesesBefore) {}

  private final List<Token> tokens;
  private final Language language;
  private final Deque<Frame> frames = new ArrayDeque<>();
  private final Deque<Integer> parentheses = new ArrayDeque<>();
  private final int[] opening;
  private final List<FunctionComplexity> found = new ArrayList<>();

  private ScriptFunctions(List<Token> tokens, Language language) {
    this.tokens = tokens;
    this.language = language;
    this.opening = new int[tokens.size()];
  }

  /** The functions in code without comments and strings. */
  static List<FunctionComplexity> of(String code, Language language) {
    ScriptFunctions scan = new ScriptFunctions(Token.of(code), language);
    for (int i = 0; i < scan.tokens.size(); i++) {
      scan.read(i);
    }
    while (!scan.frames.isEmpty()) {
      scan.close();
    }
    return scan.found;
  }

  private void read(int i) {
    switch (tokens.get(i).text()) {
      case "(" -> parentheses.push(i);
      case ")" -> opening[i] = parentheses.isEmpty() ? -1 : parentheses.pop();
      case "{" -> {
        String name = functionName(i);
        Frame outer = frames.peek();
        FunctionBuilder enclosing = outer == null ? null : outer.function();
        FunctionBuilder function =
            name == null ? enclosing : new FunctionBuilder(name, tokens.get(i).line());
        frames.push(new Frame(function, name != null, parentheses.size()));
      }
      case "}" -> close();
      default -> {
        Frame frame = frames.peek();
        if (frame != null && frame.function() != null && Decisions.at(tokens, i, language)) {
          frame.function().decide();
        }
      }
    }
  }

  private void close() {
    Frame frame = frames.poll();
    if (frame == null) {
      return;
    }
    while (parentheses.size() > frame.parenthesesBefore()) {
      parentheses.pop();
    }
    if (frame.ownsFunction() && frame.function() != null) {
      found.add(frame.function().build());
    }
  }

  /** The name of the function whose body begins at {@code brace}, null if it begins none. */
  private @Nullable String functionName(int brace) {
    if (brace == 0) {
      return null;
    }
    if (tokens.get(brace - 1).is("=>")) {
      return arrowName(brace - 1);
    }
    int close = endOfParameters(brace);
    if (close < 0 || opening[close] < 1) {
      return null;
    }
    int open = opening[close];
    Token before = tokens.get(open - 1);
    if (before.is("function") || before.is("*")) {
      return assignedName(before.is("*") ? open - 2 : open - 1);
    }
    if (before.is(">")) {
      return genericName(open - 1);
    }
    if (!before.isWord() || CONTROL.contains(before.text())) {
      return null;
    }
    // "await" stands in "for await (…) {".
    return before.is("await") ? null : before.text();
  }

  /** The parenthesis that closes the parameters before a body, behind a return type if any. */
  private int endOfParameters(int brace) {
    if (tokens.get(brace - 1).is(")")) {
      return brace - 1;
    }
    if (language != Language.TYPESCRIPT) {
      return -1;
    }
    for (int i = brace - 1; i > 0 && brace - i < MAX_TYPE_TOKENS; i--) {
      Token token = tokens.get(i);
      if (token.is(":")) {
        return i < brace - 1 && tokens.get(i - 1).is(")") ? i - 1 : -1;
      }
      if (!token.isWord() && !IN_TYPE.contains(token.text())) {
        return -1;
      }
    }
    return -1;
  }

  private String arrowName(int arrow) {
    int close = arrow > 0 && tokens.get(arrow - 1).is(")") ? arrow - 1 : endOfParameters(arrow);
    int first = close >= 0 ? opening[close] : arrow - 1;
    return first < 1 ? "anonymous" : assignedName(first);
  }

  /** What the function expression that begins at {@code first} is assigned to. */
  private String assignedName(int first) {
    int i = first - 1;
    if (i >= 0 && tokens.get(i).is("async")) {
      i--;
    }
    boolean assigned = i >= 1 && (tokens.get(i).is("=") || tokens.get(i).is(":"));
    return assigned && tokens.get(i - 1).isWord() ? tokens.get(i - 1).text() : "anonymous";
  }

  /** The name before type parameters that end at {@code close}. */
  private @Nullable String genericName(int close) {
    int depth = 0;
    for (int i = close; i > 0 && close - i < MAX_TYPE_TOKENS; i--) {
      depth += tokens.get(i).is(">") ? 1 : tokens.get(i).is("<") ? -1 : 0;
      if (depth == 0) {
        Token name = tokens.get(i - 1);
        return name.isWord() && !CONTROL.contains(name.text()) ? name.text() : null;
      }
    }
    return null;
  }
}
