package io.millrace.benchmarks.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;

/** Turns results into JSON with names like {@code p50_ms}. */
final class Documents {
  private static final ObjectMapper JSON =
      new ObjectMapper().setPropertyNamingStrategy(PropertyNamingStrategies.SNAKE_CASE);

  private Documents() {}

  static JsonNode of(Object result) {
    return JSON.valueToTree(result);
  }
}
