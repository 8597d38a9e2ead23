package io.millrace.topologies.scaling.logic;

import io.millrace.events.OperationKind;
import io.millrace.events.PoolLoad;
import io.millrace.events.ScalingDecision;
import io.millrace.events.ScalingPolicy;
import io.millrace.events.TargetSpec;
import io.millrace.events.WorkerStatus;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Function;

/**
 * Decides for all pools together: each watches its own load, and one budget is shared among them.
 *
 * <p>A decision is said when the number of replicas changes, and at least once a minute.
 */
public final class ScalingBoard {
  private static final long REPEAT_MILLIS = 60_000;

  private final long budgetMicros;
  private final Function<ScalingRules, PoolScaler> scalers;
  private final Map<String, PoolWatch> watches = new HashMap<>();
  private final Map<String, byte[]> memories = new HashMap<>();
  private final Map<String, Scaling> wanted = new TreeMap<>();
  private final Map<String, ScalingDecision> said = new HashMap<>();

  /**
   * What came of one tick.
   *
   * @param decisions to be said
   * @param faults to be said
   * @param memories what pools have learnt, to be kept for {@link #recall}; each at most once a
   *     minute
   * @param forgotten pools that are scaled no longer
   */
  public record Outcome(
      List<ScalingDecision> decisions,
      List<Fault> faults,
      Map<String, byte[]> memories,
      Collection<String> forgotten) {}

  /**
   * What went wrong and was got over.
   *
   * @param type as alerts have it: {@code FORECASTER_BENCHED} or {@code SCALING_MEMORY_DROPPED}
   * @param message for people
   */
  public record Fault(String pool, String type, String message) {}

  /**
   * @param budgetMicros cost of all pools an hour, millionths of the billing currency; 0: no limit
   */
  public ScalingBoard(long budgetMicros) {
    this(budgetMicros, rules -> PoolScaler.of(rules, PoolWatch.WINDOW));
  }

  /**
   * @param budgetMicros cost of all pools an hour, millionths of the billing currency; 0: no limit
   * @param scalers makes the scaler of a pool, for windows of ten seconds
   */
  public ScalingBoard(long budgetMicros, Function<ScalingRules, PoolScaler> scalers) {
    this.budgetMicros = budgetMicros;
    this.scalers = scalers;
  }

  /** Goes on from what was decided before. */
  public void restore(ScalingDecision decision) {
    said.put(decision.getPool(), decision);
  }

  /**
   * Goes on from what was learnt before, once the pool is scaled.
   *
   * @param memory of {@link Outcome#memories}
   */
  public void recall(String pool, byte[] memory) {
    memories.put(pool, memory);
  }

  /** What is known of pools that are scaled no longer is forgotten. */
  private List<String> forget(Collection<String> pools) {
    Set<String> forgotten = new TreeSet<>(watches.keySet());
    // Also what a former run knew of.
    forgotten.addAll(said.keySet());
    forgotten.addAll(memories.keySet());
    forgotten.removeAll(pools);
    watches.keySet().retainAll(pools);
    wanted.keySet().retainAll(pools);
    said.keySet().retainAll(pools);
    memories.keySet().retainAll(pools);
    return List.copyOf(forgotten);
  }

  /**
   * Lets time pass; to be called about once a second.
   *
   * @param now wall-clock milliseconds
   * @param pools that are scaled, by name; each spec has a scaling policy
   * @param workers that were heard of late
   * @param asked when each pool was last asked for, milliseconds since the epoch; those that never
   *     were are not in it
   */
  public Outcome tick(
      long now,
      Map<String, TargetSpec> pools,
      Collection<WorkerStatus> workers,
      Map<String, Long> asked) {
    List<String> forgotten = forget(pools.keySet());
    List<Fault> faults = new ArrayList<>();
    Map<String, byte[]> learnt = new HashMap<>();
    pools.forEach(
        (pool, spec) -> {
          PoolWatch watch = watch(pool, spec.getScaling(), faults);
          ScalingDecision before = said.get(pool);
          Scaling scaling =
              watch.tick(
                  now,
                  before == null ? 0 : before.getReplicas(),
                  loads(pool, workers),
                  workers.stream()
                      .anyMatch(worker -> !worker.getDraining() && serves(worker, pool)),
                  asked.getOrDefault(pool, 0L));
          if (scaling != null) {
            wanted.put(pool, scaling);
            scaling
                .faults()
                .forEach(
                    fault ->
                        faults.add(new Fault(pool, "FORECASTER_BENCHED", "forecaster " + fault)));
          }
          byte[] memory = watch.memory(now);
          if (memory != null) {
            learnt.put(pool, memory);
          }
        });
    return new Outcome(decisions(now, workers), faults, learnt, forgotten);
  }

  /** The one that watches a pool; a new one goes on from what the former, or a memory, knew. */
  private PoolWatch watch(String pool, ScalingPolicy policy, List<Fault> faults) {
    PoolWatch former = watches.get(pool);
    if (former != null && former.follows(policy)) {
      return former;
    }
    PoolWatch watch = new PoolWatch(pool, policy, scalers);
    watches.put(pool, watch);
    byte[] memory = former == null ? memories.remove(pool) : former.memory();
    if (memory != null) {
      try {
        watch.recall(memory);
      } catch (IllegalArgumentException e) {
        faults.add(
            new Fault(
                pool,
                "SCALING_MEMORY_DROPPED",
                "what was learnt of its load is dropped and learnt anew: " + e.getMessage()));
      }
    }
    return watch;
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

  private static boolean serves(WorkerStatus worker, String pool) {
    return worker.getPools().stream().anyMatch(load -> load.getPool().equals(pool));
  }

  private static OperationKind kind(String pool, Collection<WorkerStatus> workers) {
    return workers.stream()
        .filter(worker -> serves(worker, pool))
        .map(WorkerStatus::getKind)
        .findFirst()
        .orElse(OperationKind.UNKNOWN);
  }
}
