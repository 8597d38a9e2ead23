package io.millrace.gateway.inference;

import io.millrace.events.InferenceRequest;
import io.millrace.schemas.json.RecordJson;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Words a request of the protocol as an event: some of its parameters have fields of their own. */
final class RequestEvents {
  private static final String PRIORITY = "priority";
  private static final String TIMEOUT = "timeout";
  private static final String SEQUENCE = "sequence_id";
  private static final String SEQUENCE_START = "sequence_start";
  private static final String SEQUENCE_END = "sequence_end";

  /** Parameters that have fields of their own in the event, or concern only the answer's form. */
  private static final Set<String> OWN =
      Set.of(InferRequest.BINARY_OUTPUT, PRIORITY, TIMEOUT, SEQUENCE, SEQUENCE_START, SEQUENCE_END);

  private RequestEvents() {}

  /**
   * The event as far as the request says it: who asks, of whom and until when is not set.
   *
   * @throws io.millrace.gateway.http.Refusal if a parameter is not what it should be
   */
  static InferenceRequest.Builder of(InferRequest request) {
    Map<String, String> given = request.parameters();
    Map<String, String> others = new HashMap<>(given);
    others.keySet().removeAll(OWN);
    return InferenceRequest.newBuilder()
        .setInputs(request.inputs())
        .setOutputs(request.outputs().stream().map(InferRequest.Output::name).toList())
        .setParameters(others)
        .setPriority(number(given, PRIORITY).map(Math::toIntExact).orElse(0))
        .setSequenceId(sequence(given))
        .setSequenceStart("true".equals(given.get(SEQUENCE_START)))
        .setSequenceEnd("true".equals(given.get(SEQUENCE_END)));
  }

  /** The time that the request gives itself, microseconds; empty: it says nothing of it. */
  static Optional<Long> timeoutMicros(InferRequest request) {
    return number(request.parameters(), TIMEOUT).filter(micros -> micros > 0);
  }

  private static Optional<Long> number(Map<String, String> parameters, String name) {
    String text = parameters.get(name);
    if (text == null) {
      return Optional.empty();
    }
    String digits = RecordJson.parsed(text).asText();
    try {
      long number = Long.parseLong(digits);
      if (number >= 0 && number <= Integer.MAX_VALUE) {
        return Optional.of(number);
      }
    } catch (NumberFormatException notANumber) {
      // Said below, with what was given.
    }
    throw Wrong.field("parameters." + name, "expected a whole number, but " + text + " is given");
  }

  /** Sequences are named by text or by a number other than 0. */
  private static @Nullable String sequence(Map<String, String> parameters) {
    String text = parameters.get(SEQUENCE);
    String id = text == null ? "" : RecordJson.parsed(text).asText();
    return id.isEmpty() || id.equals("0") ? null : id;
  }
}
