package io.millrace.topologies.health.patterns.logic;

import io.millrace.events.FailurePattern;
import java.util.Map;

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

  /** Posterior of the pattern, 0 to 1. */
  double confidence() {
    return 1 / (1 + Math.exp(PRIOR_NATS - nats));
  }
}
