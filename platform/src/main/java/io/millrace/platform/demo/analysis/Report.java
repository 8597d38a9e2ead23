package io.millrace.platform.demo.analysis;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;

/** Shapes the result of an analysis so that its size is bounded and its text is safe to print. */
final class Report {

  private static final int MAX_TEXT = 160;

  private Report() {}

  /** A result that begins with the analysis' name. */
  static ObjectNode of(Analysis analysis) {
    ObjectNode result = JsonNodeFactory.instance.objectNode();
    result.put("analysis", analysis.name());
    return result;
  }

  /** The text on one line, without control characters, cut after 160 characters. */
  static String text(String raw) {
    StringBuilder out = new StringBuilder(Math.min(raw.length(), MAX_TEXT) + 1);
    for (int i = 0; i < raw.length(); i++) {
      if (out.length() >= MAX_TEXT) {
        return out.append('…').toString();
      }
      char c = raw.charAt(i);
      out.append(Character.isISOControl(c) ? ' ' : c);
    }
    return out.toString();
  }

  /** A share in percent with one decimal, 0 of nothing. */
  static double percent(long part, long whole) {
    return whole == 0 ? 0 : Math.round(1000.0 * part / whole) / 10.0;
  }
}
