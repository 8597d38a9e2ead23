package io.millrace.platform.demo.report;

/**
 * Something the demo claims and has tried.
 *
 * @param name what is claimed, words joined by {@code _}
 * @param ok whether it held
 * @param detail what was seen, with numbers; for a failure also what was expected
 */
public record Check(String name, boolean ok, String detail) {

  public Check {
    if (name.isBlank()) {
      throw new IllegalArgumentException("a check needs a name");
    }
  }
}
