package io.millrace.platform.demo.report;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** Writes a {@link DemoReport} as a table as wide as the terminal, at most 120 columns. */
public final class ReportTable {

  private static final int COLUMNS_MAX = 120;
  private static final int MAX_NAME = 36;

  private final Style style;

  private final int columns;

  /**
   * A table.
   *
   * @param colour whether its marks are coloured
   * @param columns of the terminal, at least 60
   */
  public ReportTable(boolean colour, int columns) {
    this.columns = Math.min(columns, COLUMNS_MAX);
    this.style = new Style(colour);
  }

  /** The lines of the table, without line ends. */
  public List<String> lines(DemoReport report) {
    List<String> lines = new ArrayList<>();
    if (!report.timings().isEmpty()) {
      int width = width(report.timings().stream().map(Timing::name).toList());
      lines.add(style.bold("Timings"));
      for (Timing timing : report.timings()) {
        String lead =
            "  " + fit(timing.name(), width) + "  " + right(seconds(timing.elapsed()), 9) + "  ";
        row(lines, lead, lead.length(), timing.detail());
      }
      lines.add("");
    }
    findings(lines, report);
    int width = width(report.checks().stream().map(Check::name).toList());
    lines.add(style.bold("Checks"));
    for (Check check : report.checks()) {
      String mark = check.ok() ? style.green("ok    ") : style.red("FAILED");
      String name = fit(check.name(), width);
      row(lines, "  " + mark + "  " + name + "  ", 12 + width, check.detail());
    }
    lines.add("");
    lines.add(verdict(report));
    return lines;
  }

  /** One line for each result that has a summary: its plain values. */
  private void findings(List<String> lines, DemoReport report) {
    Map<String, String> found = new LinkedHashMap<>();
    report
        .results()
        .forEach(
            (name, result) -> {
              List<String> values = new ArrayList<>();
              result
                  .path("summary")
                  .properties()
                  .forEach(
                      field -> {
                        if (field.getValue().isValueNode()) {
                          values.add(
                              field.getKey().replace('_', ' ') + " " + field.getValue().asText());
                        }
                      });
              if (!values.isEmpty()) {
                found.put(name, String.join(", ", values));
              }
            });
    if (found.isEmpty()) {
      return;
    }
    int width = width(found.keySet());
    boolean partial =
        report.results().values().stream()
            .anyMatch(result -> result.at("/tree/truncated").asBoolean());
    lines.add(
        style.bold("Found") + (partial ? " in the part of the tree that there was time for" : ""));
    found.forEach(
        (name, values) ->
            lines.add(
                "  " + Words.cut(fit(name, width) + "  " + Words.printable(values), columns - 2)));
    lines.add("");
  }

  private String verdict(DemoReport report) {
    long failed = report.checks().stream().filter(check -> !check.ok()).count();
    String took = " in " + seconds(report.elapsed());
    if (report.checks().isEmpty()) {
      return style.red("Nothing was checked" + took);
    }
    if (failed == 0) {
      return style.green("All " + report.checks().size() + " checks held" + took);
    }
    return style.red(failed + " of " + report.checks().size() + " checks failed" + took);
  }

  private void row(List<String> lines, String lead, int indent, String detail) {
    List<String> wrapped = Words.wrap(Words.printable(detail), columns - indent);
    lines.add((lead + wrapped.get(0)).stripTrailing());
    for (String more : wrapped.subList(1, wrapped.size())) {
      lines.add(" ".repeat(indent) + more);
    }
  }

  private static int width(Collection<String> names) {
    return Math.min(MAX_NAME, names.stream().mapToInt(String::length).max().orElse(0));
  }

  private static String fit(String name, int width) {
    String text = Words.cut(Words.printable(name), width);
    return text + " ".repeat(width - text.length());
  }

  private static String right(String text, int width) {
    return " ".repeat(Math.max(0, width - text.length())) + text;
  }

  /** Milliseconds below one second, else seconds with two decimals. */
  static String seconds(Duration duration) {
    long millis = duration.toMillis();
    return millis < 1000 ? millis + " ms" : String.format(Locale.ROOT, "%.2f s", millis / 1000.0);
  }
}
