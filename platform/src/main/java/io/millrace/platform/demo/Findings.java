package io.millrace.platform.demo;

import com.fasterxml.jackson.databind.JsonNode;
import io.millrace.platform.demo.report.Check;
import io.millrace.platform.demo.report.DemoReport;
import io.millrace.platform.demo.report.Timing;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Collects what the steps find. */
final class Findings {

  private final List<Check> checks = new ArrayList<>();
  private final List<Timing> timings = new ArrayList<>();
  private final Map<String, JsonNode> results = new LinkedHashMap<>();

  void check(String name, boolean ok, String detail) {
    checks.add(new Check(name, ok, detail));
  }

  void timing(String name, Duration elapsed, String detail) {
    timings.add(new Timing(name, elapsed, detail));
  }

  void result(String name, JsonNode output) {
    results.put(name, output);
  }

  boolean has(String check) {
    return checks.stream().anyMatch(known -> known.name().equals(check));
  }

  /** Whether all checks of these names were made and held. */
  boolean held(List<String> names) {
    return names.stream()
        .allMatch(name -> checks.stream().anyMatch(c -> c.name().equals(name) && c.ok()));
  }

  DemoReport report(Duration elapsed) {
    return new DemoReport(elapsed, checks, timings, results);
  }
}
