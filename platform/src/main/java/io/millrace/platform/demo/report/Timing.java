package io.millrace.platform.demo.report;

import java.time.Duration;

/**
 * How long a part of the demo took.
 *
 * @param name the part, as people read it
 * @param elapsed wall-clock time
 * @param detail what was done in it; may be empty
 */
public record Timing(String name, Duration elapsed, String detail) {

  public Timing {
    if (name.isBlank()) {
      throw new IllegalArgumentException("a timing needs a name");
    }
    if (elapsed.isNegative()) {
      throw new IllegalArgumentException("'" + name + "' took " + elapsed + ", expected 0 or more");
    }
  }
}
