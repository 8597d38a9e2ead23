package io.millrace.platform.demo.report;

/** Colours text for a terminal, or leaves it alone. */
final class Style {

  private static final String RESET = "\u001b[0m";

  private final boolean colour;

  Style(boolean colour) {
    this.colour = colour;
  }

  String bold(String text) {
    return paint("\u001b[1m", text);
  }

  String green(String text) {
    return paint("\u001b[32m", text);
  }

  String red(String text) {
    return paint("\u001b[31m", text);
  }

  private String paint(String start, String text) {
    return colour ? start + text + RESET : text;
  }
}
