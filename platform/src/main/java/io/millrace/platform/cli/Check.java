package io.millrace.platform.cli;

/**
 * What one look of the doctor found.
 *
 * @param name stable, lower case with underscores
 * @param state how it is
 * @param detail what was found
 * @param advice what to do about it; empty when nothing needs to be done
 */
record Check(String name, State state, String detail, String advice) {

  /** How it is. */
  enum State {
    OK,
    WARNING,
    FAILED,
    SKIPPED
  }

  static Check ok(String name, String detail) {
    return new Check(name, State.OK, detail, "");
  }

  static Check warning(String name, String detail, String advice) {
    return new Check(name, State.WARNING, detail, advice);
  }

  static Check failed(String name, String detail, String advice) {
    return new Check(name, State.FAILED, detail, advice);
  }

  static Check skipped(String name, String detail) {
    return new Check(name, State.SKIPPED, detail, "");
  }
}
