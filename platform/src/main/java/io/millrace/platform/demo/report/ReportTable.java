package io.millrace.platform.demo.report;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** Writes a {@link DemoReport} as a table of at most 100 columns. */
public final class ReportTable {

  private static final int COLUMNS = 100;
  private static final int MAX_NAME = 36;

  private final Style style;

  /** A table that colours its marks if {@code colour}. */
  public ReportTable(boolean colour) {
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

  private static void row(List<String> lines, String lead, int indent, String detail) {
    List<String> wrapped = Words.wrap(Words.printable(detail), COLUMNS - indent);
    lines.add((lead + wrapped.get(0)).stripTrailing());
    for (String more : wrapped.subList(1, wrapped.size())) {
      lines.add(" ".repeat(indent) + more);
    }
  }

  private static int width(List<String> names) {
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
