package io.millrace.platform.demo.report;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.time.Duration;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Everything a run of the demo found.
 *
 * @param elapsed wall-clock time of the whole run
 * @param checks in the order in which they were made
 * @param timings in the order in which the parts ran
 * @param results what the tools answered, by name, for the JSON document only
 */
public record DemoReport(
    Duration elapsed, List<Check> checks, List<Timing> timings, Map<String, JsonNode> results) {

  public DemoReport {
    checks = List.copyOf(checks);
    timings = List.copyOf(timings);
    results = Collections.unmodifiableMap(new LinkedHashMap<>(results));
  }

  /** Whether every check held; a run without any check has shown nothing and is not ok. */
  public boolean ok() {
    return !checks.isEmpty() && checks.stream().allMatch(Check::ok);
  }

  /** 0 if every check held, else 1. */
  public int exitCode() {
    return ok() ? 0 : 1;
  }

  /**
   * The document <code>{"ok", "seconds", "checks": [{"name", "ok", "detail"}], "timings": [{"name",
   * "seconds", "detail"}], "results": {…}}</code>.
   */
  public ObjectNode toJson() {
    ObjectNode document = JsonNodeFactory.instance.objectNode();
    document.put("ok", ok()).put("seconds", seconds(elapsed));
    ArrayNode list = document.putArray("checks");
    for (Check check : checks) {
      list.addObject()
          .put("name", check.name())
          .put("ok", check.ok())
          .put("detail", check.detail());
    }
    ArrayNode times = document.putArray("timings");
    for (Timing timing : timings) {
      times
          .addObject()
          .put("name", timing.name())
          .put("seconds", seconds(timing.elapsed()))
          .put("detail", timing.detail());
    }
    ObjectNode answers = document.putObject("results");
    results.forEach(answers::set);
    return document;
  }

  private static double seconds(Duration duration) {
    return duration.toMillis() / 1000.0;
  }
}
