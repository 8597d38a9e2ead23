package io.millrace.benchmarks.scaling;

import io.millrace.platform.cli.CommandException;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.function.Consumer;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Reads the rows of a CSV file of plain text under a header, and says what is wrong with its line.
 *
 * <p>Lines end with LF or CRLF; blank ones are passed over.
 */
final class TraceRows {
  private static final int LINE_BYTES_MAX = 1_000;
  private static final int ROWS_MAX = 20_000_000;
  private static final int SHOWN_MAX = 60;
  private static final byte[] BYTE_ORDER_MARK = {(byte) 0xef, (byte) 0xbb, (byte) 0xbf};
  private static final Pattern NUMBER =
      Pattern.compile("[-+]?[0-9]+(\\.[0-9]*)?([eE][-+]?[0-9]+)?");

  private final Path file;
  private final String header;
  private int line;

  /** A row; its cells are as they are written. */
  final class Row {
    private final String[] cells;

    private Row(String[] cells) {
      this.cells = cells;
    }

    String cell(int index) {
      return cells[index];
    }

    /**
     * A cell as a number.
     *
     * @throws CommandException if it is none, or not within the bounds
     */
    double number(int index, double least, double most) {
      String cell = cells[index].strip();
      double value = NUMBER.matcher(cell).matches() ? Double.parseDouble(cell) : Double.NaN;
      if (!(value >= least && value <= most)) {
        throw wrong(
            "%s: expected a number from %,.0f to %,.0f, but found '%s'"
                .formatted(header.split(",")[index], least, most, shown(cell)));
      }
      return value;
    }

    /** What ends the command because of this row. */
    CommandException wrong(String what) {
      return TraceRows.this.wrong(what);
    }
  }

  TraceRows(Path file, String header) {
    this.file = file;
    this.header = header;
  }

  /**
   * Reads them all.
   *
   * @throws CommandException naming the line that cannot be read
   */
  void forEach(Consumer<Row> rows) {
    if (Files.notExists(file) || Files.isDirectory(file)) {
      throw CommandException.usage(
          "%s: %s"
              .formatted(
                  file, Files.isDirectory(file) ? "is a directory" : "there is no such file"));
    }
    try (InputStream in = new BufferedInputStream(Files.newInputStream(file))) {
      passByteOrderMark(in);
      String first = nextLine(in);
      if (first == null || !first.strip().equals(header)) {
        throw wrong(
            "expected the header %s, but %s"
                .formatted(header, first == null ? "it is empty" : "found '" + shown(first) + "'"));
      }
      int columns = header.split(",").length;
      int count = 0;
      for (String text = nextLine(in); text != null; text = nextLine(in)) {
        if (text.isBlank()) {
          continue;
        }
        String[] cells = text.strip().split(",", -1);
        if (cells.length != columns) {
          throw wrong(
              "expected the %d columns %s, but found '%s'".formatted(columns, header, shown(text)));
        }
        if (++count > ROWS_MAX) {
          throw wrong("more than %,d rows".formatted(ROWS_MAX));
        }
        rows.accept(new Row(cells));
      }
    } catch (IOException e) {
      throw CommandException.usage("%s cannot be read: %s".formatted(file, e));
    }
  }

  /** Spreadsheets write one in front of UTF-8. */
  private static void passByteOrderMark(InputStream in) throws IOException {
    in.mark(BYTE_ORDER_MARK.length);
    if (!Arrays.equals(in.readNBytes(BYTE_ORDER_MARK.length), BYTE_ORDER_MARK)) {
      in.reset();
    }
  }

  /** The next line; null at the end. */
  private @Nullable String nextLine(InputStream in) throws IOException {
    line++;
    byte[] text = new byte[LINE_BYTES_MAX];
    int length = 0;
    for (int next = in.read(); next != '\n'; next = in.read()) {
      if (next < 0) {
        return length == 0 ? null : new String(text, 0, length, StandardCharsets.US_ASCII);
      }
      if ((next < ' ' && next != '\t' && next != '\r') || next > '~') {
        throw wrong("the byte 0x%02x is no text: is this another kind of file?".formatted(next));
      }
      if (length == LINE_BYTES_MAX) {
        throw wrong("is longer than %,d characters".formatted(LINE_BYTES_MAX));
      }
      text[length++] = (byte) next;
    }
    return new String(text, 0, length, StandardCharsets.US_ASCII);
  }

  /** What ends the command because of the line that was read last. */
  CommandException wrong(String what) {
    return CommandException.usage("%s, line %d: %s".formatted(file, line, what));
  }

  private static String shown(String text) {
    return text.length() <= SHOWN_MAX ? text : text.substring(0, SHOWN_MAX) + "…";
  }
}
