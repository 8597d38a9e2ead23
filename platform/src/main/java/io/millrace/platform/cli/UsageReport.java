package io.millrace.platform.cli;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.millrace.events.UsageWindow;
import io.millrace.platform.advice.Advice;
import io.millrace.platform.advice.UsageSum;
import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;

/** What {@code millrace status} shows of usage, and of what follows from it. */
final class UsageReport {
  private static final Duration DAY = Duration.ofDays(1);
  private static final Duration HOUR = Duration.ofHours(1);
  private static final int ROWS_MAX = 50;

  private final Collection<UsageWindow> windows;
  private final Instant now;

  UsageReport(Collection<UsageWindow> windows, Instant now) {
    this.windows = windows;
    this.now = now;
  }

  /** What was used today, by target. */
  Map<String, UsageSum> byTarget() {
    return UsageSum.byTarget(windows, DAY, now);
  }

  /** Today's sums by tenant and target; the dearest only, if they are many. */
  Table table() {
    Table table =
        new Table(
            "TENANT",
            "TARGET",
            "CALLS",
            "OK",
            "SPARED",
            "ATTEMPTS",
            "BYTES IN",
            "BYTES OUT",
            "COMPUTE S",
            "COST");
    UsageSum.byTenant(windows, DAY, now).stream()
        .limit(ROWS_MAX)
        .forEach(
            sum ->
                table.row(
                    sum.tenant(),
                    sum.target(),
                    sum.operations(),
                    sum.ok(),
                    sum.spared(),
                    sum.attempts(),
                    sum.bytesIn(),
                    sum.bytesOut(),
                    sum.computeMs() / 1e3,
                    String.format(Locale.ROOT, "%.6f", sum.costMicros() / 1e6)));
    return table;
  }

  /** Advice with its figures. */
  static Table table(List<Advice> advice) {
    Table table = new Table("TARGET", "ADVICE", "EVIDENCE");
    for (Advice one : advice) {
      String evidence =
          new TreeMap<>(one.evidence())
              .entrySet().stream()
                  .map(
                      figure ->
                          String.format(Locale.ROOT, "%s %.4g", figure.getKey(), figure.getValue()))
                  .collect(Collectors.joining(", "));
      table.row(one.target(), one.advice(), evidence);
    }
    return table;
  }

  /** The sums of the present hour and day, by tenant and target. */
  ObjectNode json() {
    ObjectNode document = JsonNodeFactory.instance.objectNode();
    document.set("hour", json(HOUR));
    document.set("day", json(DAY));
    return document;
  }

  private ArrayNode json(Duration length) {
    ArrayNode array = JsonNodeFactory.instance.arrayNode();
    for (UsageSum sum : UsageSum.byTenant(windows, length, now)) {
      array
          .addObject()
          .put("tenant", sum.tenant())
          .put("target", sum.target())
          .put("kind", sum.kind().name())
          .put("operations", sum.operations())
          .put("ok", sum.ok())
          .put("spared", sum.spared())
          .put("attempts", sum.attempts())
          .put("bytes_in", sum.bytesIn())
          .put("bytes_out", sum.bytesOut())
          .put("compute_ms", sum.computeMs())
          .put("cost_micros", sum.costMicros());
    }
    return array;
  }

  static ArrayNode json(List<Advice> advice) {
    ArrayNode array = JsonNodeFactory.instance.arrayNode();
    for (Advice one : advice) {
      ObjectNode node = array.addObject();
      node.put("target", one.target()).put("code", one.code()).put("advice", one.advice());
      new TreeMap<>(one.evidence()).forEach(node.putObject("evidence")::put);
    }
    return array;
  }
}
