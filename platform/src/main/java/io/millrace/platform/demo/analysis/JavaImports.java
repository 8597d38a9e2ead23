package io.millrace.platform.demo.analysis;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Reads which Java packages of a tree import which others.
 *
 * <p>A package's tests are a part of their own, since tests may import what the package must not.
 */
final class JavaImports {

  private static final String TESTS = " (tests)";

  private record Unit(String node, boolean tests, List<String> imports) {}

  private final List<Unit> units = new ArrayList<>();

  /** The part that each class belongs to, by the class's full name. */
  private final Map<String, String> classes = new HashMap<>();

  private final Set<String> nodes = new HashSet<>();

  /** Reads the package and import declarations of a file. */
  void add(SourceFile file) {
    String code = Lexer.lex(file.text(), file.language().rules()).code();
    int body = code.indexOf('{');
    List<Token> tokens = Token.of(body < 0 ? code : code.substring(0, body));
    String packageName = "";
    List<String> imports = new ArrayList<>();
    for (int i = 0; i < tokens.size(); i++) {
      Token token = tokens.get(i);
      if (token.is("package") && packageName.isEmpty()) {
        packageName = qualifiedName(tokens, i + 1);
      } else if (token.is("import")) {
        boolean isStatic = i + 1 < tokens.size() && tokens.get(i + 1).is("static");
        imports.add(qualifiedName(tokens, isStatic ? i + 2 : i + 1));
      }
    }
    boolean tests = file.inTests();
    String node =
        (packageName.isEmpty() ? "(default package)" : packageName) + (tests ? TESTS : "");
    nodes.add(node);
    units.add(new Unit(node, tests, imports));
    String name = file.path().substring(file.path().lastIndexOf('/') + 1);
    String simple = name.substring(0, name.length() - ".java".length());
    classes.putIfAbsent(packageName + "." + simple, node);
  }

  /** The graph of what was added. */
  ImportGraph graph() {
    ImportGraph graph = new ImportGraph();
    units.forEach(unit -> graph.addNode(unit.node()));
    for (Unit unit : units) {
      for (String imported : unit.imports()) {
        target(imported, unit, graph);
      }
    }
    return graph;
  }

  private void target(String imported, Unit unit, ImportGraph graph) {
    boolean everything = imported.endsWith(".*");
    String name = everything ? imported.substring(0, imported.length() - 2) : imported;
    if (everything && (nodes.contains(name) || (unit.tests() && nodes.contains(name + TESTS)))) {
      if (nodes.contains(name)) {
        graph.addEdge(unit.node(), name);
      }
      if (unit.tests() && nodes.contains(name + TESTS)) {
        graph.addEdge(unit.node(), name + TESTS);
      }
      return;
    }
    // A nested class or a static member stands behind the name of a class.
    for (String prefix = name; !prefix.isEmpty(); prefix = parent(prefix)) {
      String node = classes.get(prefix);
      if (node != null) {
        graph.addEdge(unit.node(), node);
        return;
      }
    }
  }

  private static String parent(String name) {
    int dot = name.lastIndexOf('.');
    return dot < 0 ? "" : name.substring(0, dot);
  }

  private static boolean endsName(Token token) {
    return token.is(";") || token.is("import");
  }

  private static String qualifiedName(List<Token> tokens, int from) {
    StringBuilder name = new StringBuilder();
    for (int i = from; i < tokens.size() && !endsName(tokens.get(i)); i++) {
      Token token = tokens.get(i);
      if ((!token.isWord() && !token.is(".") && !token.is("*")) || name.length() > 300) {
        break;
      }
      name.append(token.text());
    }
    return name.toString();
  }
}
