package io.millrace.topologies.health;

import io.millrace.events.Alert;
import io.millrace.events.CircuitState;
import io.millrace.events.FailurePatternReport;
import io.millrace.events.HealthStatus;
import io.millrace.events.Severity;
import io.millrace.schemas.identity.Ids;
import io.millrace.topologies.health.patterns.logic.TargetPatterns;
import java.time.Instant;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;

/** Words what happened to a target's health as alerts. */
final class Alerts {
  private Alerts() {}

  /** A circuit moved: CIRCUIT_OPENED, CIRCUIT_HALF_OPENED or CIRCUIT_CLOSED. */
  static Alert ofCircuit(HealthStatus status, long now) {
    CircuitState circuit = status.getCircuit();
    String type =
        switch (circuit) {
          case OPEN -> "CIRCUIT_OPENED";
          case HALF_OPEN -> "CIRCUIT_HALF_OPENED";
          default -> "CIRCUIT_CLOSED";
        };
    Alert alert = alert(status.getTarget(), type, now);
    alert.setTenant(status.getTenant());
    alert.setSeverity(circuit == CircuitState.OPEN ? Severity.CRITICAL : Severity.INFO);
    alert.setMessage(
        "%s: circuit is now %s: %s".formatted(status.getTarget(), circuit, status.getReason()));
    alert.setEvidence(
        Map.of(
            "window_count", Long.toString(status.getWindowCount()),
            "error_rate", Double.toString(status.getErrorRate()),
            "probe_epoch", Long.toString(status.getProbeEpoch())));
    return alert;
  }

  /** A pattern was raised, such as PATTERN_SATURATION, or is over: PATTERN_SATURATION_OVER. */
  static Alert of(String target, TargetPatterns.Change change, long now) {
    FailurePatternReport report = change.report();
    String pattern = report.getPattern().name();
    Alert alert = alert(target, "PATTERN_" + pattern + (change.raised() ? "" : "_OVER"), now);
    alert.setSeverity(change.raised() ? Severity.WARNING : Severity.INFO);
    String elsewhere =
        report.getBlamed().equals(target) ? "" : "; look at %s".formatted(report.getBlamed());
    alert.setMessage(
        change.raised()
            ? "%s: %s since %s: %s%s"
                .formatted(target, pattern, report.getOnsetAt(), report.getReason(), elsewhere)
            : "%s: %s is over".formatted(target, pattern));
    Map<String, String> evidence = new HashMap<>(report.getEvidence());
    evidence.put("onset_at", report.getOnsetAt().toString());
    evidence.put("confidence", String.format(Locale.ROOT, "%.4f", report.getConfidence()));
    evidence.put("blamed", report.getBlamed());
    alert.setEvidence(evidence);
    return alert;
  }

  /** What was learnt of a target's patterns could not be read: HEALTH_MEMORY_DROPPED. */
  static Alert ofMemory(String target, String why, long now) {
    Alert alert = alert(target, "HEALTH_MEMORY_DROPPED", now);
    alert.setSeverity(Severity.WARNING);
    alert.setMessage(
        "%s: what was learnt of its health is dropped and learnt anew: %s".formatted(target, why));
    alert.setEvidence(Map.of());
    return alert;
  }

  private static Alert alert(String target, String type, long now) {
    Alert alert = new Alert();
    alert.setId(Ids.derived(target, type, Long.toString(now)));
    alert.setTenant("default");
    alert.setCorrelationId("");
    alert.setOccurredAt(Instant.ofEpochMilli(now));
    alert.setTarget(target);
    alert.setType(type);
    return alert;
  }
}
