package io.millrace.platform.demo.report;

import java.util.ArrayList;
import java.util.List;

/** Fits text into columns and keeps it from steering a terminal. */
final class Words {

  private static final String CUT = "...";

  private Words() {}

  /** The text on one line with control characters replaced, so no file's content moves a cursor. */
  static String printable(String text) {
    StringBuilder out = new StringBuilder(text.length());
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      boolean blank = c == '\n' || c == '\r' || c == '\t';
      boolean steering = Character.isISOControl(c) || Character.getType(c) == Character.FORMAT;
      out.append(blank ? ' ' : steering ? '?' : c);
    }
    return out.toString();
  }

  /** The text, ending in dots where it was longer than {@code width}. */
  static String cut(String text, int width) {
    if (text.length() <= width) {
      return text;
    }
    return width <= CUT.length()
        ? text.substring(0, Math.max(0, width))
        : text.substring(0, width - CUT.length()) + CUT;
  }

  /** Lines of at most {@code width} characters, broken at blanks where there are any. */
  static List<String> wrap(String text, int width) {
    List<String> lines = new ArrayList<>();
    String rest = text.strip();
    while (rest.length() > width) {
      int at = rest.lastIndexOf(' ', width);
      int end = at > 0 ? at : width;
      lines.add(rest.substring(0, end).stripTrailing());
      rest = rest.substring(end).stripLeading();
    }
    lines.add(rest);
    return lines;
  }
}
