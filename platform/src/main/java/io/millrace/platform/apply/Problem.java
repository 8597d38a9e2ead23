package io.millrace.platform.apply;

/**
 * One thing that is wrong with a document.
 *
 * @param file name of the document
 * @param line line in it, from 1; 0 where there is none to name
 * @param path where in the document, such as {@code targets[2].timeout}; empty for the whole of it
 * @param message what was given and what was expected
 */
public record Problem(String file, int line, String path, String message) {

  /** The problem on one line, {@code file:line: path: message}. */
  @Override
  public String toString() {
    StringBuilder text = new StringBuilder(file);
    if (line > 0) {
      text.append(':').append(line);
    }
    if (!path.isEmpty()) {
      text.append(": ").append(path);
    }
    return text.append(": ").append(message).toString();
  }
}
