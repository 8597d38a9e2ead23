package io.millrace.platform.apply;

import java.util.ArrayList;
import java.util.List;

/** Gathers what is wrong with one document, so that all of it is reported at once. */
final class Problems {
  private static final int REPORTED_MAX = 100;

  private final String file;
  private final List<Problem> found = new ArrayList<>();
  private int unreported;

  Problems(String file) {
    this.file = file;
  }

  void add(int line, String path, String message) {
    if (found.size() < REPORTED_MAX) {
      found.add(new Problem(file, line, path, message));
    } else {
      unreported++;
    }
  }

  /**
   * Ends the reading if anything was found.
   *
   * @throws InvalidDocumentException with everything found so far
   */
  void throwIfAny() throws InvalidDocumentException {
    if (found.isEmpty()) {
      return;
    }
    List<Problem> all = new ArrayList<>(found);
    if (unreported > 0) {
      all.add(new Problem(file, 0, "", "and " + unreported + " more problems"));
    }
    throw new InvalidDocumentException(all);
  }

  /** The exception for a document that cannot be read any further. */
  InvalidDocumentException fatal(int line, String path, String message) {
    add(line, path, message);
    return new InvalidDocumentException(found);
  }
}
