package io.millrace.platform.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.PrintWriter;
import java.io.StringWriter;

/** Runs one command and keeps what it printed. */
record Session(int code, String out, String err) {
  private static final ObjectMapper JSON = new ObjectMapper();

  static Session run(String... arguments) {
    StringWriter out = new StringWriter();
    StringWriter err = new StringWriter();
    int code =
        Millrace.commandLine(new PrintWriter(out), new PrintWriter(err), Terminal.none())
            .execute(arguments);
    return new Session(code, out.toString(), err.toString());
  }

  /** Standard output as the one JSON document that it must be. */
  JsonNode json() throws Exception {
    try (var parser = JSON.createParser(out)) {
      JsonNode document = JSON.readTree(parser);
      if (parser.nextToken() != null) {
        throw new AssertionError("more than one document: " + out);
      }
      return document;
    }
  }
}
