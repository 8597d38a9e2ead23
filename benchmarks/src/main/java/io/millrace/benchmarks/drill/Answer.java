package io.millrace.benchmarks.drill;

import io.millrace.events.Outcome;
import io.millrace.events.ToolResult;

/**
 * What an answer says to its caller; ids, times and where it came from aside, by which a repeated
 * answer may differ.
 *
 * @param output JSON text; empty for none
 * @param failure code and message; empty for none
 */
record Answer(Outcome outcome, String output, String failure) {

  static Answer of(ToolResult result) {
    String output = result.getOutput();
    return new Answer(
        result.getOutcome(),
        output == null ? "" : output,
        result.getFailure() == null ? "" : result.getFailure().toString());
  }
}
