package io.millrace.platform.cli;

import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import picocli.CommandLine.Help;

/** Prints rows in columns; numbers stand right, the last column is cut at the terminal's width. */
final class Table {
  private static final String GAP = "  ";

  private final List<String> titles;
  private final List<List<Cell>> rows = new ArrayList<>();

  /**
   * A cell.
   *
   * @param style of picocli's markup, such as {@code red}; empty for none
   */
  private record Cell(String text, String style, boolean number) {}

  Table(String... titles) {
    this.titles = List.of(titles);
  }

  /** Adds a row; Numbers stand right. */
  void row(Object... values) {
    List<Cell> row = new ArrayList<>();
    for (Object value : values) {
      row.add(value instanceof Styled styled ? cell(styled) : cell(new Styled(value, "")));
    }
    rows.add(row);
  }

  /** A value with a style. */
  record Styled(Object value, String style) {}

  static Styled styled(Object value, String style) {
    return new Styled(value, style);
  }

  boolean isEmpty() {
    return rows.isEmpty();
  }

  void print(PrintWriter out, Help.Ansi ansi, int width) {
    int[] widths =
        IntStream.range(0, titles.size())
            .map(
                column ->
                    Math.max(
                        titles.get(column).length(),
                        rows.stream().mapToInt(r -> r.get(column).text.length()).max().orElse(0)))
            .toArray();
    List<Cell> header = titles.stream().map(title -> new Cell(title, "bold", false)).toList();
    line(out, ansi, header, widths, width);
    rows.forEach(row -> line(out, ansi, row, widths, width));
    out.flush();
  }

  private void line(PrintWriter out, Help.Ansi ansi, List<Cell> row, int[] widths, int width) {
    StringBuilder line = new StringBuilder();
    int used = 0;
    for (int column = 0; column < row.size(); column++) {
      Cell cell = row.get(column);
      boolean last = column == row.size() - 1;
      String padding = " ".repeat(Math.max(0, widths[column] - cell.text.length()));
      String text = last ? cut(cell.text, width - used) : cell.text;
      boolean right = cell.number || isNumberColumn(column);
      line.append(right ? padding : "")
          .append(cell.style.isEmpty() ? text : styledText(ansi, cell, text))
          .append(right || last ? "" : padding)
          .append(last ? "" : GAP);
      used += widths[column] + GAP.length();
    }
    out.println(line.toString().stripTrailing());
  }

  /** The title of a column of numbers stands right as well. */
  private boolean isNumberColumn(int column) {
    return !rows.isEmpty() && rows.get(0).get(column).number;
  }

  private static String styledText(Help.Ansi ansi, Cell cell, String text) {
    return ansi.enabled()
        ? Help.Ansi.Style.on(Help.Ansi.Style.parse(cell.style))
            + text
            + Help.Ansi.Style.off(Help.Ansi.Style.parse(cell.style))
        : text;
  }

  private static String cut(String text, int room) {
    return text.length() <= room || room < 10 ? text : text.substring(0, room - 1) + "…";
  }

  private static Cell cell(Styled styled) {
    Object value = styled.value();
    boolean number = value instanceof Number;
    String text =
        value instanceof Double decimal
            ? "%.1f".formatted(decimal)
            : value.toString().replace('\n', ' ');
    return new Cell(text, styled.style(), number);
  }
}
