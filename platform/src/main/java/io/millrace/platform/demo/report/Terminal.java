package io.millrace.platform.demo.report;

import java.io.Console;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What the output can show.
 *
 * @param live whether a line can be drawn over
 * @param colour whether colours are wanted
 */
public record Terminal(boolean live, boolean colour) {

  /** A file or a pipe: plain lines only. */
  public static final Terminal PLAIN = new Terminal(false, false);

  /**
   * Looks at this process's standard streams and settings.
   *
   * @param environment {@code NO_COLOR} (set and not empty) switches colour off, {@code TERM=dumb}
   *     everything
   */
  public static Terminal detect(Map<String, String> environment) {
    return of(isTerminal(System.console()), environment);
  }

  static Terminal of(boolean terminal, Map<String, String> environment) {
    if (!terminal || "dumb".equals(environment.get("TERM"))) {
      return PLAIN;
    }
    return new Terminal(true, environment.getOrDefault("NO_COLOR", "").isEmpty());
  }

  /** From Java 22 on there is a console without a terminal too, and a method that tells. */
  private static boolean isTerminal(@Nullable Console console) {
    if (console == null) {
      return false;
    }
    try {
      return Boolean.TRUE.equals(Console.class.getMethod("isTerminal").invoke(console));
    } catch (NoSuchMethodException beforeJava22) {
      return true;
    } catch (ReflectiveOperationException e) {
      return false;
    }
  }
}
