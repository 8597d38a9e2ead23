package io.millrace.schemas.documents;

import java.util.Arrays;
import java.util.stream.Collectors;

/** A table in Markdown, row by row. */
public final class MarkdownTable {
  private final StringBuilder text = new StringBuilder();
  private final int columns;

  /**
   * @param titles of the columns
   */
  public MarkdownTable(String... titles) {
    columns = titles.length;
    row((Object[]) titles);
    text.append("|").append("---|".repeat(columns)).append('\n');
  }

  /**
   * Adds a row.
   *
   * @param cells one per column; a bar in them does not end the cell
   * @throws IllegalArgumentException if there are more or fewer than columns
   */
  public MarkdownTable row(Object... cells) {
    if (cells.length != columns) {
      throw new IllegalArgumentException(
          "a row of %d cells does not fit a table of %d columns".formatted(cells.length, columns));
    }
    text.append(
        Arrays.stream(cells)
            .map(cell -> String.valueOf(cell).replace("|", "\\|"))
            .collect(Collectors.joining(" | ", "| ", " |\n")));
    return this;
  }

  /** The table, each line ended. */
  @Override
  public String toString() {
    return text.toString();
  }
}
