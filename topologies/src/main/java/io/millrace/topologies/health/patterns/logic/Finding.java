package io.millrace.topologies.health.patterns.logic;

import io.millrace.events.FailurePattern;
import io.millrace.topologies.memory.logic.Memory;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What a detector makes of a target.
 *
 * @param pattern its name for it
 * @param onsetMillis when it began, milliseconds since the epoch, event time
 * @param nats weight of the evidence: logarithm of how much likelier it is than health
 * @param reason for people
 * @param evidence figures it rests on
 */
record Finding(
    FailurePattern pattern,
    long onsetMillis,
    double nats,
    String reason,
    Map<String, String> evidence) {
  // Prior odds of a pattern in any window: about one to a thousand.
  private static final double PRIOR_NATS = 7;

  /**
   * Passes one through a memory.
   *
   * @param finding null: it is read
   */
  static Finding remember(Memory memory, @Nullable Finding finding) {
    Finding of =
        finding == null ? new Finding(FailurePattern.UNKNOWN, 0, 0, "", Map.of()) : finding;
    String pattern = memory.text(of.pattern.name());
    long onset = memory.count(of.onsetMillis);
    double nats = memory.number(of.nats);
    String reason = memory.text(of.reason);
    Map<String, String> evidence = new HashMap<>();
    memory
        .list(
            List.copyOf(of.evidence.entrySet()),
            2 * Integer.BYTES,
            Map.entry("", ""),
            entry -> Map.entry(memory.text(entry.getKey()), memory.text(entry.getValue())))
        .forEach(entry -> evidence.put(entry.getKey(), entry.getValue()));
    return new Finding(FailurePattern.valueOf(pattern), onset, nats, reason, evidence);
  }

  /** Posterior of the pattern, 0 to 1. */
  double confidence() {
    return 1 / (1 + Math.exp(PRIOR_NATS - nats));
  }
}
