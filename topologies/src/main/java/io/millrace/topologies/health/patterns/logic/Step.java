package io.millrace.topologies.health.patterns.logic;

import com.datadoghq.sketch.ddsketch.DDSketch;
import io.millrace.events.HealthSummary;
import io.millrace.topologies.health.logic.Sketches;

/** What was seen of a target in five seconds of event time. */
final class Step {
  static final long MILLIS = 5_000;

  final long fromMillis;
  final DDSketch runs = Sketches.empty();
  long ok;
  long failed;
  long timeouts;
  long sent;
  long retries;
  long refused;
  long calledOff;
  double inFlightMillis;
  double timedOutMillis;

  Step(long fromMillis) {
    this.fromMillis = fromMillis;
  }

  long untilMillis() {
    return fromMillis + MILLIS;
  }

  /** Attempts that ended, other than called off. */
  long ended() {
    return ok + failed;
  }

  /**
   * @throws IllegalArgumentException if the latencies are no sketch
   */
  void add(HealthSummary summary) {
    runs.mergeWith(Sketches.read(summary.getLatencySketch()));
    ok += summary.getOk();
    failed += summary.getToolErrors() + summary.getTimeouts() + summary.getLost();
    timeouts += summary.getTimeouts();
    sent += summary.getSent();
    retries += summary.getRetries();
    refused += summary.getRefused();
    calledOff += summary.getCalledOff();
    inFlightMillis += summary.getInFlightMs();
    timedOutMillis += summary.getTimedOutMs();
  }
}
