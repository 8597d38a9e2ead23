package io.millrace.platform.demo.analysis;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;

/** Measures the cyclomatic complexity of every function. */
final class CyclomaticComplexity implements Analysis {

  /** McCabe's own bound for a function that can be tested well. */
  private static final int MODERATE = 10;

  private static final int HIGH = 20;

  private record Found(String path, Language language, FunctionComplexity function) {}

  @Override
  public String name() {
    return "cyclomatic-complexity";
  }

  @Override
  public String description() {
    return "Measures the cyclomatic complexity of every function and lists the most complex ones.";
  }

  @Override
  public ObjectNode run(Path root, AnalysisOptions options) throws IOException {
    List<Found> functions = new ArrayList<>();
    SourceTree tree =
        SourceTree.read(
            root,
            options.limits(),
            file ->
                functions(file)
                    .forEach(f -> functions.add(new Found(file.path(), file.language(), f))));
    int[] values = functions.stream().mapToInt(f -> f.function().complexity()).sorted().toArray();
    Map<Language, int[]> languages = new EnumMap<>(Language.class);
    for (Found found : functions) {
      int[] totals = languages.computeIfAbsent(found.language(), l -> new int[2]);
      totals[0]++;
      totals[1] += found.function().complexity();
    }
    ObjectNode result = Report.of(this);
    summarise(result.putObject("summary"), values);
    ArrayNode byLanguage = result.putArray("languages");
    languages.forEach(
        (language, totals) ->
            byLanguage
                .addObject()
                .put("language", language.title())
                .put("functions", totals[0])
                .put("mean", Math.round(100.0 * totals[1] / totals[0]) / 100.0));
    ArrayNode worst = result.putArray("most_complex");
    functions.stream()
        .sorted(
            Comparator.<Found>comparingInt(f -> -f.function().complexity())
                .thenComparing(Found::path)
                .thenComparingInt(f -> f.function().line()))
        .limit(options.top())
        .forEach(
            f ->
                worst
                    .addObject()
                    .put("function", Report.text(f.function().name()))
                    .put("path", Report.text(f.path()))
                    .put("line", f.function().line())
                    .put("complexity", f.function().complexity()));
    tree.describe(result);
    return result;
  }

  /** The functions of a file in the order in which they end; none for a language not known. */
  static List<FunctionComplexity> functions(SourceFile file) {
    return switch (file.language()) {
      case JAVA, CSHARP, C, CPP -> BraceFunctions.of(code(file), file.language());
      case JAVASCRIPT, TYPESCRIPT -> ScriptFunctions.of(code(file), file.language());
      case GO -> GoFunctions.of(code(file));
      case PYTHON -> PythonFunctions.of(code(file));
      default -> List.of();
    };
  }

  private static String code(SourceFile file) {
    return Lexer.lex(file.text(), file.language().rules()).code();
  }

  private static void summarise(ObjectNode summary, int[] sorted) {
    long total = 0;
    int moderate = 0;
    int high = 0;
    for (int value : sorted) {
      total += value;
      moderate += value > MODERATE ? 1 : 0;
      high += value > HIGH ? 1 : 0;
    }
    summary.put("functions", sorted.length);
    summary.put("mean", sorted.length == 0 ? 0 : Math.round(100.0 * total / sorted.length) / 100.0);
    summary.put("p95", sorted.length == 0 ? 0 : sorted[(int) Math.ceil(sorted.length * 0.95) - 1]);
    summary.put("max", sorted.length == 0 ? 0 : sorted[sorted.length - 1]);
    summary.put("over_" + MODERATE, moderate);
    summary.put("over_" + HIGH, high);
  }
}
