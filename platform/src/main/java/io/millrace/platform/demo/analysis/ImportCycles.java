package io.millrace.platform.demo.analysis;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

/**
 * Finds packages (Java) and files (JavaScript, TypeScript, Python) that import each other in a
 * circle.
 */
final class ImportCycles implements Analysis {

  /** Members listed per cycle; a cycle of a whole program would fill the result. */
  private static final int MAX_MEMBERS = 20;

  @Override
  public String name() {
    return "import-cycles";
  }

  @Override
  public String description() {
    return "Finds Java packages and JavaScript, TypeScript and Python files that import each other"
        + " in a circle.";
  }

  @Override
  public ObjectNode run(Path root, AnalysisOptions options) throws IOException {
    JavaImports java = new JavaImports();
    ScriptImports script = new ScriptImports();
    PythonImports python = new PythonImports();
    SourceTree tree =
        SourceTree.read(
            root,
            options.limits(),
            file -> {
              switch (file.language()) {
                case JAVA -> java.add(file);
                case JAVASCRIPT, TYPESCRIPT -> script.add(file);
                case PYTHON -> python.add(file);
                default -> {}
              }
            });
    ObjectNode result = Report.of(this);
    ObjectNode summary = result.putObject("summary");
    ArrayNode cycles = result.putArray("cycles");
    int total =
        describe("java_packages", java.graph(), summary, cycles, options.top())
            + describe("script_files", script.graph(), summary, cycles, options.top())
            + describe("python_files", python.graph(), summary, cycles, options.top());
    summary.put("cycles", total);
    tree.describe(result);
    return result;
  }

  private static int describe(
      String kind, ImportGraph graph, ObjectNode summary, ArrayNode list, int top) {
    List<ImportGraph.Cycle> cycles = graph.cycles();
    summary
        .putObject(kind)
        .put("nodes", graph.nodes())
        .put("imports", graph.edges())
        .put("cycles", cycles.size())
        .put("in_cycles", cycles.stream().mapToInt(c -> c.members().size()).sum());
    cycles.stream()
        .limit(top)
        .forEach(
            cycle -> {
              ObjectNode node =
                  list.addObject().put("kind", kind).put("size", cycle.members().size());
              ArrayNode members = node.putArray("members");
              cycle.members().stream()
                  .limit(MAX_MEMBERS)
                  .forEach(member -> members.add(Report.text(member)));
              ArrayNode example = node.putArray("example");
              cycle.example().stream()
                  .limit(MAX_MEMBERS)
                  .forEach(member -> example.add(Report.text(member)));
            });
    return cycles.size();
  }
}
