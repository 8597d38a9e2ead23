package io.millrace.benchmarks.scaling;

import io.millrace.platform.cli.CommandException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * Recorded requests to a language model.
 *
 * @param arrivals seconds since the first request, ascending
 * @param contextTokens length of each request's input
 */
public record TokenTrace(double[] arrivals, double[] contextTokens) {
  private static final double TOKENS_MAX = 1e9;

  /**
   * Reads {@code TIMESTAMP,ContextTokens,GeneratedTokens}.
   *
   * @throws CommandException naming the line that is wrong
   */
  public static TokenTrace read(Path file) {
    TraceRows rows = new TraceRows(file, "TIMESTAMP,ContextTokens,GeneratedTokens");
    List<double[]> taken = new ArrayList<>();
    rows.forEach(
        row -> {
          double at = Trace.time(row);
          double first = taken.isEmpty() ? at : taken.get(0)[0];
          if (!taken.isEmpty() && at < taken.get(taken.size() - 1)[0]) {
            throw row.wrong("'%s' is earlier than the line before".formatted(row.cell(0)));
          }
          taken.add(new double[] {at, row.number(1, 0, TOKENS_MAX), at - first});
        });
    if (taken.size() < 2) {
      throw rows.wrong("the trace ends here; expected two requests or more");
    }
    return new TokenTrace(
        taken.stream().mapToDouble(row -> row[2]).toArray(),
        taken.stream().mapToDouble(row -> row[1]).toArray());
  }

  /** Seconds from the first request to the last. */
  public double seconds() {
    return arrivals[arrivals.length - 1];
  }
}
