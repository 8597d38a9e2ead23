package io.millrace.platform.infer.logic;

import io.millrace.schemas.identity.Ids;
import java.nio.charset.StandardCharsets;

/**
 * Derives the operation ids of rows from what is asked, so that a run that is taken up again asks
 * the same under the same ids, and the log answers what it has answered already.
 */
public final class RowIds {
  private final String tenant;
  private final String target;
  private final String sha256;

  /**
   * The ids of one run.
   *
   * @param target such as {@code model:sentiment@3}
   * @param sha256 of the model's file: another file is another model
   */
  public RowIds(String tenant, String target, String sha256) {
    this.tenant = tenant;
    this.target = target;
    this.sha256 = sha256;
  }

  /**
   * The id of a row.
   *
   * @param row number of its line, from 1
   * @param line its bytes
   */
  public String id(long row, byte[] line) {
    return Ids.derived(
        "infer",
        tenant,
        target,
        sha256,
        Long.toString(row),
        new String(line, StandardCharsets.ISO_8859_1));
  }

  /**
   * The id under which a row is asked once more: an operation that was refused stays so.
   *
   * @param attempt 0 for the row's own id
   */
  static String again(String id, int attempt) {
    return attempt == 0 ? id : Ids.derived(id, Integer.toString(attempt));
  }
}
