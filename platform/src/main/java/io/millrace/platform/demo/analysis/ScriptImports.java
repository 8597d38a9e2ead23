package io.millrace.platform.demo.analysis;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Reads which JavaScript and TypeScript files of a tree import which others by a relative path.
 *
 * <p>{@code import type} is left out: it is gone when the program runs.
 */
final class ScriptImports {

  private static final List<String> ENDINGS =
      List.of(
          "",
          ".ts",
          ".tsx",
          ".js",
          ".jsx",
          ".mjs",
          ".cjs",
          ".mts",
          ".cts",
          "/index.ts",
          "/index.tsx",
          "/index.js",
          "/index.jsx",
          "/index.mjs",
          "/index.cjs");

  private final Map<String, List<String>> imports = new HashMap<>();
  private final List<String> files = new ArrayList<>();

  /** Reads the imports of a file. */
  void add(SourceFile file) {
    LexedSource lexed = Lexer.lex(file.text(), file.language().rules());
    files.add(file.path());
    imports.put(file.path(), specifiers(lexed));
  }

  /** The graph of what was added. */
  ImportGraph graph() {
    ImportGraph graph = new ImportGraph();
    Set<String> known = new HashSet<>(files);
    for (String file : files) {
      graph.addNode(file);
      for (String specifier : imports.getOrDefault(file, List.of())) {
        String target = resolve(file, specifier, known);
        if (target != null) {
          graph.addEdge(file, target);
        }
      }
    }
    return graph;
  }

  private static List<String> specifiers(LexedSource lexed) {
    String text = lexed.text();
    List<String> found = new ArrayList<>();
    int i = 0;
    while (i < text.length()) {
      char c = text.charAt(i);
      boolean quote = (c == '"' || c == '\'') && lexed.kind(i) == LexedSource.CODE;
      if (!quote) {
        i++;
        continue;
      }
      int end = i + 1;
      while (end < text.length() && lexed.kind(end) == LexedSource.STRING) {
        end++;
      }
      if (text.startsWith(".", i + 1) && end - i < 500 && importsBefore(lexed, i)) {
        found.add(text.substring(i + 1, end));
      }
      i = end + 1;
    }
    return found;
  }

  /** Whether {@code from}, {@code import} or a call of {@code require} stands before a quote. */
  private static boolean importsBefore(LexedSource lexed, int quote) {
    String text = lexed.text();
    int i = skipBlanks(text, quote - 1);
    boolean call = i >= 0 && text.charAt(i) == '(';
    if (call) {
      i = skipBlanks(text, i - 1);
    }
    int last = i;
    while (i >= 0 && last - i < 10 && Character.isJavaIdentifierPart(text.charAt(i))) {
      i--;
    }
    String word = text.substring(i + 1, last + 1);
    if (call) {
      return word.equals("require") || word.equals("import");
    }
    return word.equals("import") || (word.equals("from") && !isTypeOnly(text, i));
  }

  /** Whether the statement whose {@code from} begins behind {@code before} imports types only. */
  private static boolean isTypeOnly(String text, int before) {
    int limit = Math.max(0, before - 2000);
    int brace = before;
    for (int i = before; i >= limit; i--) {
      char c = text.charAt(i);
      if (c == ';' || c == '"' || c == '\'') {
        return false;
      }
      if (text.startsWith("import", i) || text.startsWith("export", i)) {
        String between = text.substring(i + 6, brace);
        return between.startsWith(" type ") && !between.startsWith(" type from");
      }
    }
    return false;
  }

  private static int skipBlanks(String text, int from) {
    int i = from;
    while (i >= 0 && from - i < 200 && Character.isWhitespace(text.charAt(i))) {
      i--;
    }
    return i;
  }

  private static @Nullable String resolve(String file, String specifier, Set<String> known) {
    String path = RelativePath.resolve(file, specifier);
    if (path == null) {
      return null;
    }
    for (String ending : ENDINGS) {
      if (known.contains(path + ending)) {
        return path + ending;
      }
    }
    // TypeScript imports a source by the name that its compiled file will have.
    int dot = path.lastIndexOf(".js");
    if (dot > 0) {
      String stem = path.substring(0, dot);
      return known.contains(stem + ".ts")
          ? stem + ".ts"
          : known.contains(stem + ".tsx") ? stem + ".tsx" : null;
    }
    return null;
  }
}
