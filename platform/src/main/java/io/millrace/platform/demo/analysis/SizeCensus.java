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

/** Counts files, bytes and lines of code, comment and nothing, per language. */
final class SizeCensus implements Analysis {

  private record Size(String path, Language language, LineCounts lines) {}

  @Override
  public String name() {
    return "size-census";
  }

  @Override
  public String description() {
    return "Counts files, bytes and lines of code, comments and blanks per language.";
  }

  @Override
  public ObjectNode run(Path root, AnalysisOptions options) throws IOException {
    Map<Language, long[]> totals = new EnumMap<>(Language.class);
    List<Size> sizes = new ArrayList<>();
    SourceTree tree =
        SourceTree.read(
            root,
            options.limits(),
            file -> {
              LineCounts lines = LineCounts.of(file);
              sizes.add(new Size(file.path(), file.language(), lines));
              long[] total = totals.computeIfAbsent(file.language(), l -> new long[5]);
              total[0]++;
              total[1] += file.bytes();
              total[2] += lines.code();
              total[3] += lines.comment();
              total[4] += lines.blank();
            });
    ObjectNode result = Report.of(this);
    ObjectNode summary = result.putObject("summary");
    summary.put("languages", totals.size());
    put(summary, sum(totals));
    ArrayNode languages = result.putArray("languages");
    totals.entrySet().stream()
        .sorted(
            Comparator.<Map.Entry<Language, long[]>>comparingLong(e -> -e.getValue()[2])
                .thenComparing(Map.Entry::getKey))
        .forEach(e -> put(languages.addObject().put("language", e.getKey().title()), e.getValue()));
    ArrayNode largest = result.putArray("largest_files");
    sizes.stream()
        .filter(s -> s.language().programming())
        .sorted(Comparator.<Size>comparingInt(s -> -s.lines().code()).thenComparing(Size::path))
        .limit(options.top())
        .forEach(
            s ->
                largest
                    .addObject()
                    .put("path", Report.text(s.path()))
                    .put("language", s.language().title())
                    .put("code", s.lines().code()));
    tree.describe(result);
    return result;
  }

  private static long[] sum(Map<Language, long[]> totals) {
    long[] sum = new long[5];
    for (long[] total : totals.values()) {
      for (int i = 0; i < sum.length; i++) {
        sum[i] += total[i];
      }
    }
    return sum;
  }

  private static void put(ObjectNode node, long[] total) {
    node.put("files", total[0]);
    node.put("size_bytes", total[1]);
    node.put("lines", total[2] + total[3] + total[4]);
    node.put("code", total[2]);
    node.put("comment", total[3]);
    node.put("blank", total[4]);
  }
}
