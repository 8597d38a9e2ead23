package io.millrace.platform.demo.analysis;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/**
 * Finds blocks of code that stand in the tree more than once.
 *
 * <p>Lines are compared without comments and with blanks squeezed; empty lines, lines of brackets
 * only, imports and package declarations do not count, so that layout and preambles make no
 * duplicates.
 */
final class DuplicateBlocks implements Analysis {

  private static final Set<String> PREAMBLES =
      Set.of("import", "package", "from", "using", "#include", "use");

  @Override
  public String name() {
    return "duplicate-blocks";
  }

  @Override
  public String description() {
    return "Finds blocks of at least six equal lines of code that stand in more than one place.";
  }

  @Override
  public ObjectNode run(Path root, AnalysisOptions options) throws IOException {
    CloneFinder finder = new CloneFinder(options.minDuplicateLines());
    List<String> paths = new ArrayList<>();
    SourceTree tree =
        SourceTree.read(
            root,
            options.limits(),
            file -> {
              if (file.language().programming()) {
                paths.add(file.path());
                addLines(file, finder);
              }
            });
    List<CloneFinder.Clone> clones = finder.find();
    long duplicated = 0;
    Set<Integer> files = new TreeSet<>();
    for (CloneFinder.Clone clone : clones) {
      duplicated += clone.lines();
      files.add(clone.copy().file());
      files.add(clone.original().file());
    }
    ObjectNode result = Report.of(this);
    result
        .putObject("summary")
        .put("code_lines", finder.lines())
        .put("duplicate_blocks", clones.size())
        .put("duplicated_lines", duplicated)
        .put("duplicated_percent", Report.percent(duplicated, finder.lines()))
        .put("files_involved", files.size());
    ArrayNode largest = result.putArray("largest_blocks");
    clones.stream()
        .sorted(Comparator.comparingInt(clone -> -clone.lines()))
        .limit(options.top())
        .forEach(
            clone -> {
              ObjectNode node = largest.addObject().put("lines", clone.lines());
              put(node.putObject("original"), clone.original(), paths);
              put(node.putObject("copy"), clone.copy(), paths);
            });
    tree.describe(result);
    return result;
  }

  private static void put(ObjectNode node, CloneFinder.Place place, List<String> paths) {
    node.put("path", Report.text(paths.get(place.file())))
        .put("first_line", place.firstLine())
        .put("last_line", place.lastLine());
  }

  private static void addLines(SourceFile file, CloneFinder finder) {
    finder.beginFile();
    String code = Lexer.lex(file.text(), file.language().rules()).codeAndStrings();
    int number = 0;
    int start = 0;
    while (start < code.length()) {
      int end = code.indexOf('\n', start);
      if (end < 0) {
        end = code.length();
      }
      number++;
      String line = normalise(code, start, end);
      if (!line.isEmpty() && !isPreamble(line)) {
        finder.addLine(line, number);
      }
      start = end + 1;
    }
  }

  /** The line with runs of blanks squeezed to one, empty if no letter or digit is in it. */
  private static String normalise(String code, int start, int end) {
    StringBuilder out = new StringBuilder(end - start);
    boolean telling = false;
    for (int i = start; i < end; i++) {
      char c = code.charAt(i);
      if (Character.isWhitespace(c)) {
        if (!out.isEmpty() && out.charAt(out.length() - 1) != ' ') {
          out.append(' ');
        }
      } else {
        out.append(c);
        telling |= Character.isLetterOrDigit(c);
      }
    }
    return telling ? out.toString().stripTrailing() : "";
  }

  private static boolean isPreamble(String line) {
    int space = line.indexOf(' ');
    return space > 0 && PREAMBLES.contains(line.substring(0, space));
  }
}
