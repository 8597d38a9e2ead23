package io.millrace.schemas.json;

import java.util.List;

/** JSON that does not make a record of the wanted schema, with everything that is wrong with it. */
public final class RecordJsonException extends Exception {
  private static final long serialVersionUID = 1L;

  private final transient List<String> problems;

  RecordJsonException(List<String> problems) {
    super(String.join("; ", problems));
    this.problems = List.copyOf(problems);
  }

  /**
   * What is wrong, each with the path of its field, such as {@code calls[0].target: is missing}.
   */
  public List<String> problems() {
    return problems;
  }
}
