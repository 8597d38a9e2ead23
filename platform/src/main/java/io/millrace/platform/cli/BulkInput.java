package io.millrace.platform.cli;

import io.millrace.events.TargetSpec;
import io.millrace.platform.infer.LineReader;
import io.millrace.platform.infer.LineReader.Line;
import io.millrace.platform.infer.ResultFile;
import io.millrace.platform.infer.logic.RowIds;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The rows of a file: first passes over those that have results, then gives the others. */
final class BulkInput implements AutoCloseable {
  private final String name;
  private final String tenant;
  private final LineReader lines;
  private long bytesRead;
  private @Nullable Line ahead;

  /**
   * Where a run begins.
   *
   * @param model the version that is asked
   * @param rows how many rows have results
   * @param failed how many of these failed
   */
  record Start(TargetSpec model, RowIds ids, long rows, long failed) {}

  /**
   * @param name for messages
   * @param in closed with this
   */
  BulkInput(String name, InputStream in, String tenant) {
    this.name = name;
    this.tenant = tenant;
    this.lines = new LineReader(in, InferCommand.JSON_BYTES_MAX);
  }

  /**
   * Reads the results that are there and passes over their rows.
   *
   * @param versions of the model that may be asked: the one that made the results, else the first
   * @throws CommandException if they are not the results of these rows
   */
  Start start(ResultFile results, Path out, List<TargetSpec> versions) throws IOException {
    TargetSpec model = versions.get(0);
    RowIds ids = ids(model);
    long rows = 0;
    long failed = 0;
    Line line = next();
    ResultFile.Kept kept = results.next();
    for (; line != null && kept != null; line = next(), kept = results.next()) {
      if (rows == 0) {
        model = madeBy(kept, line, versions);
        ids = ids(model);
      }
      if (kept.row() != line.number() || !kept.id().equals(ids.id(line.number(), line.bytes()))) {
        throw CommandException.failed(
            "%s: line %d is not the result of row %d of %s by %s: the rows, the model or the tenant are others now; name another file, or begin anew with --restart"
                .formatted(out, rows + 1, line.number(), name, model.getTarget()));
      }
      rows++;
      failed += kept.failed() ? 1 : 0;
    }
    if (kept != null) {
      throw CommandException.failed(
          "%s has more lines than %s has rows; name another file, or begin anew with --restart"
              .formatted(out, name));
    }
    ahead = line;
    return new Start(model, ids, rows, failed);
  }

  private RowIds ids(TargetSpec model) {
    String sha256 = model.getModel() == null ? "" : model.getModel().getSha256();
    return new RowIds(tenant, model.getTarget(), sha256);
  }

  private TargetSpec madeBy(ResultFile.Kept kept, Line line, List<TargetSpec> versions) {
    return versions.stream()
        .filter(version -> ids(version).id(line.number(), line.bytes()).equals(kept.id()))
        .findFirst()
        .orElse(versions.get(0));
  }

  /** The next row; null: there is none. Lines with nothing on them are no rows. */
  @Nullable Line next() throws IOException {
    Line line = ahead;
    ahead = null;
    do {
      line = line == null ? lines.next() : line;
      if (line == null) {
        return null;
      }
      bytesRead = line.end();
      if (!line.isBlank()) {
        return line;
      }
      line = null;
    } while (true);
  }

  /** Bytes that were read. */
  long bytesRead() {
    return bytesRead;
  }

  @Override
  public void close() throws IOException {
    lines.close();
  }
}
