package io.millrace.platform.cli;

import org.jspecify.annotations.Nullable;

/**
 * What standard output and standard error are connected to.
 *
 * <p>Java cannot tell on every version whether a stream is a terminal; the launcher can, and says
 * so in system properties.
 *
 * @param outColour whether results may be coloured
 * @param errColour whether errors and progress may be coloured and overwritten
 * @param width columns to fill
 */
public record Terminal(boolean outColour, boolean errColour, int width) {
  private static final int WIDTH_DEFAULT = 100;
  private static final int WIDTH_MIN = 60;

  /** Neither is a terminal. */
  public static Terminal none() {
    return new Terminal(false, false, WIDTH_DEFAULT);
  }

  /** What the launcher said of this process. */
  static Terminal ofProcess() {
    boolean colour = System.getenv("NO_COLOR") == null && !"dumb".equals(System.getenv("TERM"));
    return new Terminal(
        colour && Boolean.getBoolean("millrace.terminal.out"),
        colour && Boolean.getBoolean("millrace.terminal.err"),
        width(System.getProperty("millrace.terminal.columns")));
  }

  private static int width(@Nullable String columns) {
    try {
      return columns == null ? WIDTH_DEFAULT : Math.max(WIDTH_MIN, Integer.parseInt(columns));
    } catch (NumberFormatException e) {
      return WIDTH_DEFAULT;
    }
  }
}
