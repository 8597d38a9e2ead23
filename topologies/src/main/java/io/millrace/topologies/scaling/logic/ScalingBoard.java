package io.millrace.topologies.scaling.logic;

import io.millrace.events.OperationKind;
import io.millrace.events.PoolLoad;
import io.millrace.events.ScalingDecision;
import io.millrace.events.TargetSpec;
import io.millrace.events.WorkerStatus;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * Decides for all pools together: each watches its own load, and one budget is shared among them.
 *
 * <p>A decision is said when the number of replicas changes, and at least once a minute.
 */
public final class ScalingBoard {
  private static final long REPEAT_MILLIS = 60_000;

  private final long budgetMicros;
  private final Map<String, PoolWatch> watches = new HashMap<>();
  private final Map<String, Scaling> wanted = new TreeMap<>();
  private final Map<String, ScalingDecision> said = new HashMap<>();

  /**
   * What came of one tick.
   *
   * @param decisions to be said
   * @param faults of forecasters by pool, for people
   */
  public record Outcome(List<ScalingDecision> decisions, Map<String, List<String>> faults) {}

  /**
   * @param budgetMicros cost of all pools an hour, millionths of the billing currency; 0: no limit
   */
  public ScalingBoard(long budgetMicros) {
    this.budgetMicros = budgetMicros;
  }

  /** Goes on from what was decided before. */
  public void restore(ScalingDecision decision) {
    said.put(decision.getPool(), decision);
  }

  /** What was decided last for a pool is forgotten: it is scaled no longer. */
  private void forget(Collection<String> pools) {
    watches.keySet().retainAll(pools);
    wanted.keySet().retainAll(pools);
    said.keySet().retainAll(pools);
  }

  /**
   * Lets time pass; to be called about once a second.
   *
   * @param now wall-clock milliseconds
   * @param pools that are scaled, by name; each spec has a scaling policy
   * @param workers that were heard of late
   */
  public Outcome tick(long now, Map<String, TargetSpec> pools, Collection<WorkerStatus> workers) {
    forget(pools.keySet());
    Map<String, List<String>> faults = new TreeMap<>();
    pools.forEach(
        (pool, spec) -> {
          PoolWatch watch = watches.get(pool);
          if (watch == null || !watch.follows(spec.getScaling())) {
            watch = new PoolWatch(pool, spec.getScaling());
            watches.put(pool, watch);
          }
          Scaling scaling = watch.tick(now, loads(pool, workers));
          if (scaling != null) {
            wanted.put(pool, scaling);
            if (!scaling.faults().isEmpty()) {
              faults.put(pool, scaling.faults());
            }
          }
        });
    return new Outcome(decisions(now, workers), faults);
  }

  private List<ScalingDecision> decisions(long now, Collection<WorkerStatus> workers) {
    List<Budget.Claim> claims = new ArrayList<>();
    wanted.forEach(
        (pool, scaling) -> {
          ScalingRules rules = rules(pool);
          claims.add(new Budget.Claim(pool, rules.min(), scaling.replicas(), rules.costMicros()));
        });
    Map<String, Integer> granted = Budget.share(claims, budgetMicros);
    List<ScalingDecision> news = new ArrayList<>();
    wanted.forEach(
        (pool, scaling) -> {
          ScalingDecision before = said.get(pool);
          int replicas = granted.getOrDefault(pool, 0);
          int previous = before == null ? 0 : before.getReplicas();
          long age = before == null ? Long.MAX_VALUE : now - before.getOccurredAt().toEpochMilli();
          if (before == null || replicas != previous || age >= REPEAT_MILLIS || age < 0) {
            PoolWatch watch = watches.get(pool);
            if (watch != null) {
              ScalingDecision decision =
                  watch.decision(scaling, replicas, previous, kind(pool, workers), now);
              said.put(pool, decision);
              news.add(decision);
            }
          }
        });
    return news;
  }

  private ScalingRules rules(String pool) {
    PoolWatch watch = watches.get(pool);
    if (watch == null) {
      throw new IllegalStateException("pool " + pool + " is not watched");
    }
    return watch.rules();
  }

  private static Map<String, PoolLoad> loads(String pool, Collection<WorkerStatus> workers) {
    Map<String, PoolLoad> loads = new HashMap<>();
    for (WorkerStatus worker : workers) {
      for (PoolLoad load : worker.getPools()) {
        if (load.getPool().equals(pool)) {
          loads.put(worker.getWorkerId(), load);
        }
      }
    }
    return loads;
  }

  private static OperationKind kind(String pool, Collection<WorkerStatus> workers) {
    return workers.stream()
        .filter(worker -> worker.getPools().stream().anyMatch(l -> l.getPool().equals(pool)))
        .map(WorkerStatus::getKind)
        .findFirst()
        .orElse(OperationKind.UNKNOWN);
  }
}
