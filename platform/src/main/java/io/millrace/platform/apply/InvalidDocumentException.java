package io.millrace.platform.apply;

import java.util.List;
import java.util.stream.Collectors;

/** A document was refused; it carries every problem found, not only the first. */
public final class InvalidDocumentException extends Exception {
  private static final long serialVersionUID = 1L;

  private final transient List<Problem> problems;

  InvalidDocumentException(List<Problem> problems) {
    super(problems.stream().map(Problem::toString).collect(Collectors.joining("\n")));
    this.problems = List.copyOf(problems);
  }

  /** What is wrong, in the order of the document; never empty. */
  public List<Problem> problems() {
    return problems;
  }
}
