package io.millrace.platform.demo.analysis;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Finds comments that say that work is left.
 *
 * <p>A marker counts where it begins a comment line or is followed by {@code :} or {@code (}; prose
 * that merely mentions one does not count.
 */
final class WorkMarkers implements Analysis {

  private static final List<String> MARKERS = List.of("TODO", "FIXME", "XXX");

  private record Marker(String kind, String path, int line, String text) {}

  @Override
  public String name() {
    return "work-markers";
  }

  @Override
  public String description() {
    return "Finds the comments marked " + String.join(", ", MARKERS) + ".";
  }

  @Override
  public ObjectNode run(Path root, AnalysisOptions options) throws IOException {
    List<Marker> found = new ArrayList<>();
    SourceTree tree = SourceTree.read(root, options.limits(), file -> scan(file, found));
    Map<String, Integer> kinds = new TreeMap<>();
    Map<String, Integer> files = new TreeMap<>();
    for (Marker marker : found) {
      kinds.merge(marker.kind(), 1, Integer::sum);
      files.merge(marker.path(), 1, Integer::sum);
    }
    ObjectNode result = Report.of(this);
    ObjectNode summary = result.putObject("summary");
    summary.put("markers", found.size());
    summary.put("files", files.size());
    MARKERS.forEach(m -> summary.put(m, kinds.getOrDefault(m, 0)));
    ArrayNode worst = result.putArray("files_with_most");
    files.entrySet().stream()
        .sorted(Map.Entry.<String, Integer>comparingByValue(Comparator.reverseOrder()))
        .limit(options.top())
        .forEach(
            e ->
                worst
                    .addObject()
                    .put("path", Report.text(e.getKey()))
                    .put("markers", e.getValue()));
    ArrayNode markers = result.putArray("markers");
    found.stream()
        .limit(options.top())
        .forEach(
            m ->
                markers
                    .addObject()
                    .put("kind", m.kind())
                    .put("path", Report.text(m.path()))
                    .put("line", m.line())
                    .put("text", Report.text(m.text())));
    tree.describe(result);
    return result;
  }

  private static void scan(SourceFile file, List<Marker> found) {
    boolean any = false;
    for (String marker : MARKERS) {
      any |= file.text().contains(marker);
    }
    if (!any) {
      return;
    }
    String comments = Lexer.lex(file.text(), file.language().rules()).comments();
    int number = 0;
    for (String line : comments.split("\n", -1)) {
      number++;
      Marker marker = marker(file.path(), number, line);
      if (marker != null) {
        found.add(marker);
      }
    }
  }

  private static @Nullable Marker marker(String path, int number, String line) {
    int first = 0;
    while (first < line.length() && !Character.isLetterOrDigit(line.charAt(first))) {
      first++;
    }
    for (int i = first; i < line.length(); i++) {
      for (String kind : MARKERS) {
        if (line.startsWith(kind, i) && isMarker(line, first, i, i + kind.length())) {
          return new Marker(kind, path, number, line.substring(i).strip());
        }
      }
    }
    return null;
  }

  private static boolean isMarker(String line, int first, int start, int end) {
    if (start > 0 && isWordPart(line.charAt(start - 1))) {
      return false;
    }
    if (end == line.length()) {
      return start == first;
    }
    char next = line.charAt(end);
    if (isWordPart(next)) {
      return false;
    }
    return next == ':' || next == '(' || (start == first && Character.isWhitespace(next));
  }

  private static boolean isWordPart(char c) {
    return Character.isLetterOrDigit(c) || c == '_' || c == '-';
  }
}
