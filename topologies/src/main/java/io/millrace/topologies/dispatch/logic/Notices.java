package io.millrace.topologies.dispatch.logic;

import io.millrace.events.Alert;
import io.millrace.events.Severity;
import io.millrace.schemas.identity.Ids;
import java.time.Instant;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Says what the controls do, as alerts: the first act of a control on a target at once, those of
 * the ten seconds after it together.
 */
final class Notices {
  private static final long QUIET_MILLIS = 10_000;
  private static final int TARGETS_MAX = 10_000;

  private final String source;
  private final Outbox out;
  private final Map<String, Said> said = new HashMap<>();

  private static final class Said {
    private long at;
    private long unsaid;
  }

  /**
   * @param source who says it, such as {@code dispatch/3}
   */
  Notices(String source, Outbox out) {
    this.source = source;
    this.out = out;
  }

  /**
   * A control acted.
   *
   * @param type stable name, such as {@code CONTROL_HEDGED}
   * @param message why, for people
   * @param evidence figures it rests on
   */
  void acted(String target, String type, String message, Map<String, Double> evidence, long now) {
    if (said.size() >= TARGETS_MAX) {
      said.clear();
    }
    Said before = said.computeIfAbsent(type + ' ' + target, key -> new Said());
    if (before.at != 0 && Math.abs(now - before.at) < QUIET_MILLIS) {
      before.unsaid++;
      return;
    }
    Map<String, String> figures = new LinkedHashMap<>();
    figures.put("times", Long.toString(before.unsaid + 1));
    evidence.forEach((name, value) -> figures.put(name, Double.toString(value)));
    before.at = now;
    before.unsaid = 0;
    Alert alert = new Alert();
    alert.setId(Ids.derived(source, type, target, Long.toString(now)));
    alert.setTenant("default");
    alert.setCorrelationId("");
    alert.setOccurredAt(Instant.ofEpochMilli(now));
    alert.setTarget(target);
    alert.setType(type);
    alert.setSeverity(Severity.INFO);
    alert.setMessage(message);
    alert.setEvidence(figures);
    out.alert(alert);
  }
}
