package io.millrace.benchmarks.scaling;

import io.millrace.platform.cli.CommandException;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeParseException;
import java.util.ArrayList;
import java.util.List;

/**
 * A recorded load: the rate of each window, and the arrivals where they are known.
 *
 * <p>What is negative, no number, or not later than the line before is refused with its line. Whole
 * windows that are missing are filled with the rate before them and counted.
 *
 * @param window length of a window
 * @param firstWindow its number since the epoch
 * @param rates arrivals per second, window by window
 * @param arrivals seconds since the start of the first window, ascending; empty if only rates are
 *     known
 * @param gaps windows that were filled
 */
public record Trace(
    Duration window, long firstWindow, double[] rates, double[] arrivals, int gaps) {
  private static final int WINDOWS_MAX = 5_000_000;
  private static final DateTimeFormatter TIMESTAMP =
      DateTimeFormatter.ofPattern("yyyy-MM-dd HH:mm:ss[.SSSSSSS][.SSSSSS][.SSS]");

  private record Row(int line, String[] cells) {}

  /**
   * Reads {@code window_start_s,requests_per_second}.
   *
   * @throws CommandException naming the line that is wrong
   */
  public static Trace rates(Path file) {
    List<Row> rows = rows(file, "window_start_s,requests_per_second");
    if (rows.size() < 2) {
      throw CommandException.failed(file + " has fewer than two windows");
    }
    double first = number(file, rows.get(0), 0);
    double step = number(file, rows.get(1), 0) - first;
    if (step < 1 || step != Math.rint(step)) {
      throw wrong(file, rows.get(1), "windows are whole seconds and ascend, the step is " + step);
    }
    List<Double> rates = new ArrayList<>();
    int gaps = 0;
    for (Row row : rows) {
      double index = (number(file, row, 0) - first) / step;
      if (index != Math.rint(index) || index < rates.size()) {
        throw wrong(
            file,
            row,
            "expected the window %.0f or a later one in steps of %.0f s"
                .formatted(first + rates.size() * step, step));
      }
      if (index > WINDOWS_MAX) {
        throw wrong(file, row, "more than " + WINDOWS_MAX + " windows");
      }
      while (rates.size() < index) {
        rates.add(rates.get(rates.size() - 1));
        gaps++;
      }
      double rate = number(file, row, 1);
      if (rate < 0) {
        throw wrong(file, row, "a rate is 0 or more, not " + rate);
      }
      rates.add(rate);
    }
    return new Trace(
        Duration.ofSeconds((long) step),
        (long) Math.floor(first / step),
        rates.stream().mapToDouble(Double::doubleValue).toArray(),
        new double[0],
        gaps);
  }

  /**
   * Reads {@code TIMESTAMP,ContextTokens,GeneratedTokens}. Windows without a request are silent;
   * the first one begins with the first request.
   *
   * @throws CommandException naming the line that is wrong
   */
  public static Trace arrivals(Path file, Duration window) {
    List<Row> rows = rows(file, "TIMESTAMP,ContextTokens,GeneratedTokens");
    if (rows.isEmpty()) {
      throw CommandException.failed(file + " has no requests");
    }
    double seconds = window.toMillis() / 1e3;
    double[] arrivals = new double[rows.size()];
    double start = 0;
    for (int i = 0; i < arrivals.length; i++) {
      Row row = rows.get(i);
      double at = time(file, row);
      for (int cell = 1; cell < 3; cell++) {
        if (number(file, row, cell) < 0) {
          throw wrong(file, row, "tokens are 0 or more");
        }
      }
      if (i == 0) {
        start = at;
      }
      arrivals[i] = at - start;
      if (i > 0 && arrivals[i] < arrivals[i - 1]) {
        throw wrong(file, row, "is earlier than the line before");
      }
    }
    // The last window is not whole.
    double windows = Math.floor(arrivals[arrivals.length - 1] / seconds);
    if (windows < 2 || windows > WINDOWS_MAX) {
      throw CommandException.failed(
          "%s spans %.0f windows of %.0f s; expected 2 to %d"
              .formatted(file, windows, seconds, WINDOWS_MAX));
    }
    double[] rates = new double[(int) windows];
    for (double arrival : arrivals) {
      int index = (int) (arrival / seconds);
      if (index < rates.length) {
        rates[index] += 1 / seconds;
      }
    }
    return new Trace(window, (long) Math.floor(start / seconds), rates, arrivals, 0);
  }

  private static List<Row> rows(Path file, String header) {
    List<Row> rows = new ArrayList<>();
    int columns = header.split(",").length;
    try (BufferedReader reader = Files.newBufferedReader(file, StandardCharsets.UTF_8)) {
      String first = reader.readLine();
      if (first == null || !first.strip().equals(header)) {
        throw CommandException.failed(
            "%s, line 1: expected the header %s, but it is %s".formatted(file, header, first));
      }
      int number = 1;
      for (String line = reader.readLine(); line != null; line = reader.readLine()) {
        number++;
        if (!line.isBlank()) {
          Row row = new Row(number, line.strip().split(",", -1));
          if (row.cells().length != columns) {
            throw wrong(file, row, "expected %d columns: %s".formatted(columns, header));
          }
          rows.add(row);
        }
      }
      return rows;
    } catch (IOException e) {
      throw CommandException.failed("%s cannot be read: %s".formatted(file, e));
    }
  }

  private static double number(Path file, Row row, int cell) {
    try {
      double value = Double.parseDouble(row.cells()[cell]);
      if (Double.isFinite(value)) {
        return value;
      }
    } catch (NumberFormatException e) {
      // Said below, as for what is not finite.
    }
    throw wrong(file, row, "'%s' is no finite number".formatted(row.cells()[cell]));
  }

  private static double time(Path file, Row row) {
    try {
      Instant at = LocalDateTime.parse(row.cells()[0], TIMESTAMP).toInstant(ZoneOffset.UTC);
      return at.getEpochSecond() + at.getNano() / 1e9;
    } catch (DateTimeParseException e) {
      throw wrong(
          file,
          row,
          "'%s' is no time such as 2023-11-16 18:15:46.6805900".formatted(row.cells()[0]));
    }
  }

  private static CommandException wrong(Path file, Row row, String what) {
    return CommandException.failed("%s, line %d: %s".formatted(file, row.line(), what));
  }
}
