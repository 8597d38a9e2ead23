package io.millrace.benchmarks.cache;

/** A trace that cannot be replayed: which line, and why. */
public final class TraceException extends Exception {
  private static final long serialVersionUID = 1L;

  TraceException(int line, String message) {
    super("line %d: %s".formatted(line, message));
  }
}
