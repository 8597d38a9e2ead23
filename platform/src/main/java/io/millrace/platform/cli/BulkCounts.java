package io.millrace.platform.cli;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Path;

/** Counts the rows of a run and says how it goes. */
final class BulkCounts {
  private final long begun = System.nanoTime();
  private final long resumed;
  private long rows;
  private long failed;
  private long batched;
  private long ran;

  /**
   * @param rows that have results already
   * @param failed how many of these failed
   */
  BulkCounts(long rows, long failed) {
    this.resumed = rows;
    this.rows = rows;
    this.failed = failed;
  }

  void failed() {
    rows++;
    failed++;
  }

  /**
   * A row has its answer.
   *
   * @param batch rows that ran with it; 0: nothing ran
   */
  void answered(int batch) {
    rows++;
    batched += batch;
    ran += batch > 0 ? 1 : 0;
  }

  boolean anyFailed() {
    return failed > 0;
  }

  /** What is done, and how it goes on after an end before the end. */
  String goOn() {
    return "%,d rows are done; the same command goes on from there".formatted(rows);
  }

  /** What failed. */
  String failures(Path out) {
    return "%,d of %,d rows failed; their lines in %s say why".formatted(failed, rows, out);
  }

  private double seconds() {
    return Math.max(1e-3, (System.nanoTime() - begun) / 1e9);
  }

  private long perSecond() {
    return Math.round((rows - resumed) / seconds());
  }

  /**
   * How far it has come.
   *
   * @param read bytes of the input
   * @param size of the input, bytes; 0: not known
   */
  String progress(long read, long size, int inFlight) {
    return "%,d rows%s, %,d a second, %,d in flight%s"
        .formatted(
            rows,
            size > 0 ? ", %d %% read".formatted(100 * read / size) : "",
            perSecond(),
            inFlight,
            failed > 0 ? ", %,d failed".formatted(failed) : "");
  }

  /** What came out, on one line. */
  String summary(String input, String target, Path out) {
    return "%,d rows of %s by %s in %.1f s (%,d a second)%s%s; results in %s"
        .formatted(
            rows - resumed,
            input,
            target,
            seconds(),
            perSecond(),
            resumed > 0 ? ", %,d were there already".formatted(resumed) : "",
            failed > 0 ? ", %,d failed".formatted(failed) : "",
            out);
  }

  /** What came out; the mean batch is that of the rows that ran. */
  ObjectNode json() {
    ObjectNode json = JsonNodeFactory.instance.objectNode();
    json.put("rows", rows).put("ok", rows - failed).put("failed", failed).put("resumed", resumed);
    json.put("seconds", Math.round(seconds() * 1e3) / 1e3).put("per_s", perSecond());
    json.put("mean_batch", ran == 0 ? 0 : Math.round(10.0 * batched / ran) / 10.0);
    return json;
  }
}
