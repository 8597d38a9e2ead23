package io.millrace.platform.demo.analysis;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Finds the functions of Java, C#, C and C++ by their braces.
 *
 * <p>What a brace opens is told from the tokens since the last statement ended ({@link
 * DeclarationHeader}) and from what encloses it: a body of a type holds functions, a body of a
 * function holds blocks. A lambda belongs to the function around it; a method of an anonymous class
 * is a function of its own. One known gap: a C++ constructor whose initialiser list uses braces
 * counts no decisions.
 */
final class BraceFunctions {

  private static final int MAX_TYPE_TOKENS = 60;
  private static final Set<String> IN_TYPE_NAME = Set.of(".", "<", ">", ",", "?", "[", "]", "@");

  /** A pair of braces; {@code function} is the function its decisions belong to. */
  private record Frame(
      boolean type,
      String name,
      boolean ownsFunction,
      @Nullable FunctionBuilder function,
      int parenthesesBefore) {}

  private final List<Token> tokens;
  private final Language language;
  private final List<FunctionComplexity> found = new ArrayList<>();
  private final Deque<Frame> frames = new ArrayDeque<>();
  private final Deque<Integer> parentheses = new ArrayDeque<>();
  private int headerStart;
  private int lastClosed = -1;

  private BraceFunctions(List<Token> tokens, Language language) {
    this.tokens = tokens;
    this.language = language;
  }

  /** The functions in code without comments and strings. */
  static List<FunctionComplexity> of(String code, Language language) {
    boolean preprocessed = language != Language.JAVA;
    BraceFunctions scan =
        new BraceFunctions(Token.of(preprocessed ? withoutDirectives(code) : code), language);
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
      case ")" -> lastClosed = parentheses.isEmpty() ? -1 : parentheses.pop();
      case "{" -> {
        frames.push(opened(i));
        headerStart = i + 1;
      }
      case "}" -> {
        close();
        headerStart = i + 1;
      }
      case ";" -> {
        if (depth() == 0) {
          headerStart = i + 1;
        }
      }
      default -> {
        Frame frame = frames.peek();
        if (frame != null && frame.function() != null && Decisions.at(tokens, i, language)) {
          frame.function().decide();
        }
      }
    }
  }

  private int depth() {
    Frame frame = frames.peek();
    return parentheses.size() - (frame == null ? 0 : frame.parenthesesBefore());
  }

  private void close() {
    Frame frame = frames.poll();
    if (frame == null) {
      return;
    }
    // An unbalanced file must not leave the rest of it inside a parenthesis.
    while (parentheses.size() > frame.parenthesesBefore()) {
      parentheses.pop();
    }
    if (frame.ownsFunction() && frame.function() != null) {
      found.add(frame.function().build());
    }
  }

  private Frame opened(int brace) {
    Frame outer = frames.peek();
    boolean inType = outer == null || outer.type();
    FunctionBuilder enclosing = outer == null ? null : outer.function();
    String anonymous = anonymousType(brace);
    if (anonymous != null) {
      return type(anonymous);
    }
    DeclarationHeader header = DeclarationHeader.read(tokens.subList(headerStart, brace), language);
    if (header.typeName() != null && (depth() == 0 || !inType)) {
      return type(header.typeName());
    }
    if (enclosing == null && brace > 0 && tokens.get(brace - 1).is("->")) {
      return function(header.fieldName() == null ? "lambda" : header.fieldName(), brace);
    }
    if (inType && depth() == 0) {
      String name = header.functionName(outer == null ? "" : simpleName(outer.name()));
      if (name != null) {
        return function(name, brace);
      }
      if (header.opensMembers()) {
        return type(header.lastWord());
      }
    }
    return new Frame(false, outerName(), false, enclosing, parentheses.size());
  }

  private Frame type(String name) {
    return new Frame(true, qualified(name), false, null, parentheses.size());
  }

  private Frame function(String name, int brace) {
    String qualified = qualified(name);
    FunctionBuilder builder = new FunctionBuilder(qualified, tokens.get(brace).line());
    return new Frame(false, qualified, true, builder, parentheses.size());
  }

  private String outerName() {
    Frame outer = frames.peek();
    return outer == null ? "" : outer.name();
  }

  private String qualified(String name) {
    String outer = outerName();
    return outer.isEmpty() ? name : name.isEmpty() ? outer : outer + "." + name;
  }

  private static String simpleName(String name) {
    return name.substring(name.lastIndexOf('.') + 1);
  }

  /** The type of {@code new Type(…) {}}, null if the brace opens something else. */
  private @Nullable String anonymousType(int brace) {
    if (brace == 0 || !tokens.get(brace - 1).is(")") || lastClosed < 1) {
      return null;
    }
    if (language == Language.C || language == Language.CPP) {
      return null;
    }
    String name = "";
    int typeArguments = 0;
    for (int i = lastClosed - 1; i >= 0 && lastClosed - i < MAX_TYPE_TOKENS; i--) {
      Token token = tokens.get(i);
      if (token.is("new")) {
        return name.isEmpty() ? "anonymous" : name;
      }
      typeArguments += token.is(">") ? 1 : token.is("<") ? -1 : 0;
      if (token.isWord()) {
        name = name.isEmpty() && typeArguments == 0 ? token.text() : name;
      } else if (!IN_TYPE_NAME.contains(token.text())) {
        return null;
      }
    }
    return null;
  }

  /** Blanks the lines of preprocessor directives with their continuations. */
  private static String withoutDirectives(String code) {
    char[] out = code.toCharArray();
    int i = 0;
    while (i < out.length) {
      int first = i;
      while (first < out.length && (out[first] == ' ' || out[first] == '\t')) {
        first++;
      }
      boolean directive = first < out.length && out[first] == '#';
      boolean continued = true;
      while (continued) {
        int end = i;
        while (end < out.length && out[end] != '\n') {
          end++;
        }
        int last = end > i && out[end - 1] == '\r' ? end - 2 : end - 1;
        continued = directive && end < out.length && last >= i && out[last] == '\\';
        if (directive) {
          Arrays.fill(out, i, end, ' ');
        }
        i = end + 1;
      }
    }
    return new String(out);
  }
}
