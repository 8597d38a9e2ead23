package io.millrace.platform.demo.analysis;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.List;

/**
 * Finds the functions of Go; a function literal belongs to the function around it, as in gocyclo.
 */
final class GoFunctions {

  private final List<Token> tokens;
  private final int[] closing;

  private GoFunctions(List<Token> tokens) {
    this.tokens = tokens;
    this.closing = closing(tokens);
  }

  /** The functions in code without comments and strings. */
  static List<FunctionComplexity> of(String code) {
    return new GoFunctions(Token.of(code)).find();
  }

  private List<FunctionComplexity> find() {
    List<FunctionComplexity> found = new ArrayList<>();
    int i = 0;
    while (i < tokens.size()) {
      if (!tokens.get(i).is("func")) {
        i++;
        continue;
      }
      int name = i + 1;
      String receiver = "";
      if (name < tokens.size() && tokens.get(name).is("(")) {
        int end = groupEnd(name);
        receiver = lastWord(name, end);
        name = end + 1;
      }
      boolean named = name < tokens.size() && tokens.get(name).isWord();
      int body = named ? body(name) : -1;
      if (body < 0) {
        i++;
        continue;
      }
      int end = groupEnd(body);
      String text = tokens.get(name).text();
      FunctionBuilder function =
          new FunctionBuilder(
              receiver.isEmpty() ? text : receiver + "." + text, tokens.get(body).line());
      for (int j = body; j < end; j++) {
        if (Decisions.at(tokens, j, Language.GO)) {
          function.decide();
        }
      }
      found.add(function.build());
      i = end + 1;
    }
    return found;
  }

  /** The brace that opens the body of the function named at {@code name}, -1 if it has none. */
  private int body(int name) {
    int i = name + 1;
    if (i < tokens.size() && tokens.get(i).is("[")) {
      i = groupEnd(i) + 1;
    }
    if (i >= tokens.size() || !tokens.get(i).is("(")) {
      return -1;
    }
    i = groupEnd(i) + 1;
    // Results stand on the line that the parameters end on, or in parentheses begun there.
    while (i > 0 && i < tokens.size() && tokens.get(i).line() == tokens.get(i - 1).line()) {
      if (tokens.get(i).is("{")) {
        Token before = tokens.get(i - 1);
        if (!before.is("interface") && !before.is("struct")) {
          return i;
        }
        i = groupEnd(i) + 1;
      } else if (tokens.get(i).is("(") || tokens.get(i).is("[")) {
        i = groupEnd(i) + 1;
      } else {
        i++;
      }
    }
    return -1;
  }

  /** Index of the token that closes the group opened at {@code open}, the last one if none does. */
  private int groupEnd(int open) {
    return closing[open];
  }

  private static int[] closing(List<Token> tokens) {
    int[] closing = new int[tokens.size()];
    Arrays.fill(closing, tokens.size() - 1);
    Deque<Integer> open = new ArrayDeque<>();
    for (int i = 0; i < tokens.size(); i++) {
      String text = tokens.get(i).text();
      if ("([{".contains(text)) {
        open.push(i);
      } else if (")]}".contains(text) && !open.isEmpty()) {
        closing[open.pop()] = i;
      }
    }
    return closing;
  }

  private String lastWord(int from, int to) {
    int brackets = 0;
    for (int i = to; i > from; i--) {
      Token token = tokens.get(i);
      brackets += token.is("]") ? 1 : token.is("[") ? -1 : 0;
      if (brackets == 0 && token.isWord()) {
        return token.text();
      }
    }
    return "";
  }
}
