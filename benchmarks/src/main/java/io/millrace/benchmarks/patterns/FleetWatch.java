package io.millrace.benchmarks.patterns;

import io.millrace.events.CircuitState;
import io.millrace.events.HealthStatus;
import io.millrace.events.HealthSummary;
import io.millrace.events.TargetKind;
import io.millrace.topologies.health.logic.HealthFold;
import io.millrace.topologies.health.logic.HealthPolicy;
import io.millrace.topologies.health.logic.TargetHealth;
import io.millrace.topologies.health.patterns.logic.TargetPatterns;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;

/**
 * Lets a fleet run in virtual time and the production classes watch it: fold, summaries, health
 * with its circuits, patterns. Summaries are flushed every second, by two tasks.
 */
final class FleetWatch {
  private static final long START = 1_767_225_600_000L;

  /** How old a status of which nothing moved may get. */
  private static final long STATUS_SECONDS = 5;

  private final Map<String, TargetHealth> health = new HashMap<>();
  private final Map<String, TargetPatterns> patterns = new HashMap<>();
  private final Map<String, HealthStatus> statuses = new HashMap<>();
  private final Map<String, HealthPolicy> policies = new HashMap<>();
  private final List<Raised> raised = new ArrayList<>();
  private final List<HealthFold> folds;
  private long now = START;

  /** Makes the targets of a run. */
  interface Fleets {
    Fleet of(Random random, List<HealthFold> folds, long startMillis);
  }

  FleetWatch() {
    folds =
        List.of(
            new HealthFold("dispatch/0", () -> now, this::take),
            new HealthFold("dispatch/1", () -> now, this::take));
  }

  /** Runs a fleet; gives it with what was raised. */
  Watched run(Fleets fleets, Random random) {
    Fleet fleet = fleets.of(random, folds, START);
    fleet.targets().forEach(t -> policies.put(t.name, policy(t.shape.opensAt())));
    for (int second = 0; second < Fleet.SECONDS; second++) {
      for (SimulatedTarget target : fleet.targets()) {
        target.pass(second);
      }
      now = START + (second + 1) * 1_000L;
      folds.forEach(HealthFold::flush);
      for (SimulatedTarget target : fleet.targets()) {
        judge(target);
      }
    }
    return new Watched(fleet.injections(), raised);
  }

  /** The injections of a run and the patterns raised in it. */
  record Watched(List<Injection> injections, List<Raised> raised) {}

  private void take(HealthSummary summary) {
    String target = summary.getTarget();
    health
        .computeIfAbsent(target, t -> new TargetHealth(t, TargetKind.TOOL, null))
        .add(summary, policies.getOrDefault(target, HealthPolicy.DEFAULT), now);
    patterns.computeIfAbsent(target, t -> new TargetPatterns(t, List.of())).add(summary, now);
  }

  private static HealthPolicy policy(double opensAt) {
    HealthPolicy usual = HealthPolicy.DEFAULT;
    return new HealthPolicy(opensAt, usual.volumeOpen(), usual.openMillis(), usual.degradedRate());
  }

  private void judge(SimulatedTarget target) {
    TargetHealth of = health.get(target.name);
    TargetPatterns watched = patterns.get(target.name);
    if (of == null || watched == null) {
      return;
    }
    HealthPolicy policy = policy(target.shape.opensAt());
    boolean moved = of.tick(policy, now);
    List<TargetPatterns.Change> changes = watched.tick(now, statuses::get);
    for (TargetPatterns.Change change : changes) {
      if (change.raised()) {
        raised.add(Raised.of(target.name, change.report(), START));
      }
    }
    boolean quiet = !moved && changes.isEmpty() && statuses.containsKey(target.name);
    if (quiet && !target.isHeldBack() && now / 1_000 % STATUS_SECONDS != 0) {
      return;
    }
    HealthStatus status = of.status(policy, now);
    status.setPatterns(watched.reports());
    status.setIllSinceAt(watched.illSince());
    status.setIllFrom(watched.illFrom());
    statuses.put(target.name, status);
    target.circuit(
        status.getCircuit() != CircuitState.CLOSED,
        status.getCircuit() == CircuitState.HALF_OPEN ? status.getProbeEpoch() : 0);
  }
}
