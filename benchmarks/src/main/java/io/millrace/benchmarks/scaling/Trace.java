package io.millrace.benchmarks.scaling;

import io.millrace.platform.cli.CommandException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeParseException;
import java.util.Arrays;

/**
 * A recorded load: the rate of each window, and the arrivals where they are known.
 *
 * <p>What is negative, no number, or not in the order of time is refused with its line. No traffic
 * is a load like any other. Of rates, up to a thousand windows in a row may be missing: they are
 * filled with the rate before them, and counted.
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
  private static final int GAP_MAX = 1_000;
  private static final double SECONDS_MAX = 1e11;
  private static final double RATE_MAX = 1e9;
  private static final double TOKENS_MAX = 1e12;
  private static final DateTimeFormatter TIMESTAMP =
      DateTimeFormatter.ofPattern("yyyy-MM-dd HH:mm:ss[.SSSSSSS][.SSSSSS][.SSS]");

  /** Numbers one after the other. */
  private static final class Numbers {
    private double[] values = new double[1_024];
    private int size;

    void add(double value) {
      if (size == values.length) {
        values = Arrays.copyOf(values, 2 * size);
      }
      values[size++] = value;
    }

    double last() {
      return values[size - 1];
    }

    double[] all() {
      return Arrays.copyOf(values, size);
    }
  }

  /** Takes {@code window_start_s,requests_per_second}. */
  private static final class Rates {
    private final Numbers rates = new Numbers();
    private double first;
    private double step;
    private int gaps;

    void take(TraceRows.Row row) {
      double start = row.number(0, -SECONDS_MAX, SECONDS_MAX);
      if (rates.size == 0) {
        first = start;
      } else if (rates.size == 1) {
        step = start - first;
        if (step < 1 || step != Math.rint(step)) {
          throw row.wrong(
              "windows are whole seconds and ascend, but this is %s s after the one before"
                  .formatted(step));
        }
      }
      double index = rates.size == 0 ? 0 : (start - first) / step;
      double missing = index - rates.size;
      if (missing < 0 || missing != Math.rint(missing)) {
        throw row.wrong(
            "expected the window %.0f or a later one in steps of %.0f s, but found '%s'"
                .formatted(first + rates.size * step, step, row.cell(0)));
      }
      if (missing > GAP_MAX) {
        throw row.wrong(
            "%.0f windows before it are missing; more than %,d cannot be filled"
                .formatted(missing, GAP_MAX));
      }
      if (index >= WINDOWS_MAX) {
        throw row.wrong("more than %,d windows".formatted(WINDOWS_MAX));
      }
      for (int i = 0; i < missing; i++) {
        rates.add(rates.last());
        gaps++;
      }
      rates.add(row.number(1, 0, RATE_MAX));
    }
  }

  /** Takes {@code TIMESTAMP,ContextTokens,GeneratedTokens}. */
  private static final class Arrivals {
    private final double seconds;
    private final Numbers arrivals = new Numbers();
    private double start;

    Arrivals(double seconds) {
      this.seconds = seconds;
    }

    void take(TraceRows.Row row) {
      double at = time(row);
      row.number(1, 0, TOKENS_MAX);
      row.number(2, 0, TOKENS_MAX);
      if (arrivals.size == 0) {
        start = at;
      } else if (at - start < arrivals.last()) {
        throw row.wrong("'%s' is earlier than the line before".formatted(row.cell(0)));
      }
      if ((at - start) / seconds >= WINDOWS_MAX) {
        throw row.wrong(
            "'%s' is more than %,d windows of %.0f s after the first request"
                .formatted(row.cell(0), WINDOWS_MAX, seconds));
      }
      arrivals.add(at - start);
    }
  }

  /** Seconds since the epoch, of the first column of a trace of requests. */
  static double time(TraceRows.Row row) {
    try {
      Instant at = LocalDateTime.parse(row.cell(0).strip(), TIMESTAMP).toInstant(ZoneOffset.UTC);
      return at.getEpochSecond() + at.getNano() / 1e9;
    } catch (DateTimeParseException e) {
      throw row.wrong("'%s' is no time such as 2023-11-16 18:15:46.6805900".formatted(row.cell(0)));
    }
  }

  /**
   * Reads {@code window_start_s,requests_per_second}.
   *
   * @throws CommandException naming the line that is wrong
   */
  public static Trace rates(Path file) {
    TraceRows rows = new TraceRows(file, "window_start_s,requests_per_second");
    Rates taken = new Rates();
    rows.forEach(taken::take);
    if (taken.rates.size < 2) {
      throw rows.wrong("the trace ends here; expected two windows or more");
    }
    return new Trace(
        Duration.ofSeconds((long) taken.step),
        (long) Math.floor(taken.first / taken.step),
        taken.rates.all(),
        new double[0],
        taken.gaps);
  }

  /**
   * Reads {@code TIMESTAMP,ContextTokens,GeneratedTokens}. Windows without a request are silent;
   * the first one begins with the first request, and the last one, which is not whole, is left out.
   *
   * @throws CommandException naming the line that is wrong
   */
  public static Trace arrivals(Path file, Duration window) {
    TraceRows rows = new TraceRows(file, "TIMESTAMP,ContextTokens,GeneratedTokens");
    double seconds = window.toMillis() / 1e3;
    Arrivals taken = new Arrivals(seconds);
    rows.forEach(taken::take);
    double[] arrivals = taken.arrivals.all();
    int windows = arrivals.length == 0 ? 0 : (int) (taken.arrivals.last() / seconds);
    if (windows < 2) {
      throw rows.wrong(
          "the trace ends here; expected requests of two whole windows of %.0f s or more"
              .formatted(seconds));
    }
    double[] rates = new double[windows];
    for (double arrival : arrivals) {
      int index = (int) (arrival / seconds);
      if (index < windows) {
        rates[index] += 1 / seconds;
      }
    }
    return new Trace(window, (long) Math.floor(taken.start / seconds), rates, arrivals, 0);
  }
}
