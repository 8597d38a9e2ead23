package io.millrace.platform.demo.analysis;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Reads which Python files of a tree import which others.
 *
 * <p>An absolute name is looked for from the folder above the importing file's outermost package.
 * Imports inside functions are left out: they are how a cycle is broken.
 */
final class PythonImports {

  /** An import as written: leading dots, the module, the imported name (null for a module). */
  private record Import(int dots, String module, @Nullable String name) {}

  private record Module(String path, List<Import> imports) {}

  private final List<Module> modules = new ArrayList<>();
  private final Set<String> paths = new HashSet<>();

  /** Reads the imports of a file. */
  void add(SourceFile file) {
    paths.add(file.path());
    modules.add(
        new Module(file.path(), imports(Lexer.lex(file.text(), file.language().rules()).code())));
  }

  /** The graph of what was added. */
  ImportGraph graph() {
    ImportGraph graph = new ImportGraph();
    for (Module module : modules) {
      graph.addNode(module.path());
      String root = sourceRoot(module.path());
      for (Import each : module.imports()) {
        String target = resolve(module.path(), root, each);
        if (target != null) {
          graph.addEdge(module.path(), target);
        }
      }
    }
    return graph;
  }

  private static List<Import> imports(String code) {
    List<Import> found = new ArrayList<>();
    StringBuilder statement = new StringBuilder();
    int open = 0;
    for (String line : code.split("\n", -1)) {
      boolean begins = statement.isEmpty();
      if (begins && !line.startsWith("import ") && !line.startsWith("from ")) {
        continue;
      }
      statement.append(line.replace('\\', ' ')).append(' ');
      open += line.indexOf('(') >= 0 ? 1 : 0;
      open -= line.indexOf(')') >= 0 ? 1 : 0;
      if (open <= 0 && !line.stripTrailing().endsWith("\\")) {
        parse(Token.of(statement.toString()), found);
        statement.setLength(0);
        open = 0;
      }
    }
    return found;
  }

  private static void parse(List<Token> tokens, List<Import> found) {
    int i = 1;
    if (tokens.get(0).is("import")) {
      while (i < tokens.size()) {
        StringBuilder module = new StringBuilder();
        i = dotted(tokens, i, module);
        found.add(new Import(0, module.toString(), null));
        while (i < tokens.size() && !tokens.get(i).is(",")) {
          i++;
        }
        i++;
      }
      return;
    }
    int dots = 0;
    while (i < tokens.size() && tokens.get(i).is(".")) {
      dots++;
      i++;
    }
    StringBuilder module = new StringBuilder();
    if (i < tokens.size() && !tokens.get(i).is("import")) {
      i = dotted(tokens, i, module);
    }
    if (i >= tokens.size() || !tokens.get(i).is("import")) {
      return;
    }
    boolean alias = false;
    for (i++; i < tokens.size(); i++) {
      Token token = tokens.get(i);
      if (token.is("as")) {
        alias = true;
      } else if (token.is(",")) {
        alias = false;
      } else if (!alias && (token.isWord() || token.is("*"))) {
        found.add(new Import(dots, module.toString(), token.text()));
      }
    }
  }

  private static int dotted(List<Token> tokens, int from, StringBuilder name) {
    int i = from;
    while (i < tokens.size() && tokens.get(i).isWord()) {
      name.append(tokens.get(i).text());
      i++;
      if (i >= tokens.size() || !tokens.get(i).is(".")) {
        break;
      }
      name.append('/');
      i++;
    }
    return i;
  }

  private @Nullable String resolve(String file, String root, Import each) {
    String base = root;
    if (each.dots() > 0) {
      base = RelativePath.folder(file);
      for (int i = 1; i < each.dots(); i++) {
        base = RelativePath.folder(base);
      }
    }
    String module = join(base, each.module());
    if (each.name() != null) {
      String member = moduleFile(join(module, each.name()));
      if (member != null) {
        return member;
      }
    }
    return moduleFile(module);
  }

  private @Nullable String moduleFile(String module) {
    if (paths.contains(module + ".py")) {
      return module + ".py";
    }
    String initialiser = join(module, "__init__.py");
    return paths.contains(initialiser) ? initialiser : null;
  }

  private String sourceRoot(String path) {
    String folder = RelativePath.folder(path);
    while (!folder.isEmpty() && paths.contains(folder + "/__init__.py")) {
      folder = RelativePath.folder(folder);
    }
    return folder;
  }

  private static String join(String folder, String rest) {
    if (rest.isEmpty()) {
      return folder;
    }
    return folder.isEmpty() ? rest : folder + "/" + rest;
  }
}
