package io.millrace.benchmarks.process;

/** A process that a benchmark needs ended or did not get ready; the message has its last lines. */
public final class ChildFailedException extends RuntimeException {

  ChildFailedException(String message) {
    super(message);
  }
}
