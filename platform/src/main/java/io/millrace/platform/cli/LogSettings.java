package io.millrace.platform.cli;

import java.util.Arrays;
import java.util.List;

/**
 * Says how much is logged before the first logger exists: what goes wrong is told by the command
 * itself in one line, so the libraries below keep silent unless asked.
 */
final class LogSettings {
  private static final List<String> SERVERS = List.of("up");

  private LogSettings() {}

  static void apply(String[] arguments) {
    boolean verbose = Arrays.asList(arguments).contains("--verbose");
    boolean server = Arrays.stream(arguments).anyMatch(SERVERS::contains);
    set("millrace.log.level", verbose || server ? "info" : "warn");
    set("millrace.log.libraries", verbose || server ? "warn" : "off");
    set("millrace.log.noisy", verbose ? "warn" : server ? "error" : "off");
  }

  private static void set(String key, String value) {
    if (System.getProperty(key) == null) {
      System.setProperty(key, value);
    }
  }
}
