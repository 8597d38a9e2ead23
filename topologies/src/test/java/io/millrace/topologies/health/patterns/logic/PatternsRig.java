package io.millrace.topologies.health.patterns.logic;

import io.millrace.events.FailurePattern;
import io.millrace.events.HealthStatus;
import io.millrace.events.HealthSummary;
import io.millrace.events.Outcome;
import io.millrace.events.TargetKind;
import io.millrace.schemas.serde.AvroSafety;
import io.millrace.topologies.health.logic.HealthFold;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;

/** Feeds the patterns of some targets with attempts, second by second. */
final class PatternsRig {
  static final long START = 1_767_225_600_000L;

  static {
    AvroSafety.establish();
  }

  final List<TargetPatterns.Change> changes = new ArrayList<>();
  final Map<String, TargetPatterns> patterns = new HashMap<>();
  final Random random;
  long now = START;
  private final Map<String, HealthStatus> statuses = new HashMap<>();
  private final HealthFold fold = new HealthFold("test", () -> now, this::take);

  PatternsRig(long seed) {
    random = new Random(seed);
  }

  /** Ten attempts that all take about 100 ms. */
  void healthy(String target) {
    attempts(target, 10, 0, Outcome.TOOL_ERROR);
  }

  void attempts(String target, int ok, int failed, Outcome failure) {
    for (int i = 0; i < ok + failed; i++) {
      fold.sent(target, TargetKind.TOOL, false, now);
      ended(target, i < ok ? Outcome.OK : failure, 100 * Math.exp(0.2 * random.nextGaussian()));
    }
  }

  void sent(String target, boolean retry) {
    fold.sent(target, TargetKind.TOOL, retry, now);
  }

  void refused(String target) {
    fold.refused(target, TargetKind.TOOL, now);
  }

  void ended(String target, Outcome outcome, double millis) {
    fold.add(
        target,
        TargetKind.TOOL,
        outcome,
        outcome == Outcome.OK ? "" : "E",
        millis,
        0,
        0,
        0,
        0,
        now);
    fold.flown(target, TargetKind.TOOL, outcome == Outcome.TIMEOUT, now - (long) millis, now);
  }

  /** Work of one target calls another. */
  void calls(String caller, String callee) {
    fold.restsOn(caller, TargetKind.TOOL, callee, now);
  }

  private void take(HealthSummary summary) {
    of(summary.getTarget()).add(summary, now);
  }

  TargetPatterns of(String target) {
    return patterns.computeIfAbsent(target, t -> new TargetPatterns(t, List.of()));
  }

  /** Starts anew on what held and was learnt. */
  void restart(String target) {
    TargetPatterns before = of(target);
    byte[] memory = before.memory(now);
    TargetPatterns after = new TargetPatterns(target, before.reports());
    if (memory != null) {
      after.recall(memory);
    }
    patterns.put(target, after);
  }

  /** Ends the second. */
  void tick() {
    fold.flush();
    now += 1_000;
    patterns.forEach(
        (target, of) -> {
          changes.addAll(of.tick(now, statuses::get));
          HealthStatus status = new HealthStatus();
          status.setTarget(target);
          status.setPatterns(of.reports());
          status.setIllSinceAt(of.illSince());
          status.setIllFrom(of.illFrom());
          statuses.put(target, status);
        });
  }

  void seconds(int seconds, Runnable each) {
    for (int i = 0; i < seconds; i++) {
      each.run();
      tick();
    }
  }

  List<FailurePattern> raised() {
    return changes.stream()
        .filter(TargetPatterns.Change::raised)
        .map(change -> change.report().getPattern())
        .toList();
  }
}
