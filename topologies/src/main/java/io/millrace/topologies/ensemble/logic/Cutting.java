package io.millrace.topologies.ensemble.logic;

import io.millrace.events.EnsemblePolicy;
import io.millrace.events.EnsembleStep;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Cuts the graph of an ensemble into segments, each of which one pool runs in one task.
 *
 * <p>A segment is a connected set of steps of one pool. Every step begins as a segment of its own;
 * two that an edge joins become one where their pool is the same and no path leads from the one to
 * the other through a third, so that segments never wait for each other. When nothing can be joined
 * any more, each segment is as large as it can be. A step without a model goes where what it takes
 * is made, or else where what it makes is taken. A step that chooses among models is a segment of
 * its own, which no pool runs.
 */
public final class Cutting {
  private final Graph graph;
  private final Map<String, String> pools;
  private final Map<String, Integer> segmentOf = new HashMap<>();

  /**
   * A segment.
   *
   * @param pool whose workers run it; empty: its one step chooses
   * @param steps each after those whose tensors it takes
   */
  public record Segment(String pool, List<EnsembleStep> steps) {}

  private Cutting(Graph graph, Map<String, String> pools) {
    this.graph = graph;
    this.pools = pools;
    List<EnsembleStep> steps = graph.steps();
    for (int i = 0; i < steps.size(); i++) {
      segmentOf.put(steps.get(i).getName(), i);
    }
  }

  /**
   * Cuts.
   *
   * @param poolOf the pool of a step's model; null: it has none
   * @param otherwise pool of steps where none has a model
   * @return the segments, in no order
   */
  public static List<Segment> cut(
      Graph graph, Function<EnsembleStep, @Nullable String> poolOf, String otherwise) {
    Cutting cutting = new Cutting(graph, pools(graph, poolOf, otherwise));
    while (cutting.join()) {
      // Until nothing can be joined.
    }
    return cutting.segments();
  }

  private static Map<String, String> pools(
      Graph graph, Function<EnsembleStep, @Nullable String> poolOf, String otherwise) {
    Map<String, String> pools = new LinkedHashMap<>();
    for (EnsembleStep step : graph.steps()) {
      String own = step.getPolicy() == EnsemblePolicy.UNKNOWN ? poolOf.apply(step) : "";
      if (own == null) {
        own =
            graph.before(step).stream()
                .map(before -> pools.getOrDefault(before.getName(), ""))
                .filter(pool -> !pool.isEmpty())
                .findFirst()
                .orElse(null);
      }
      if (own != null) {
        pools.put(step.getName(), own);
      }
    }
    for (int i = graph.steps().size() - 1; i >= 0; i--) {
      EnsembleStep step = graph.steps().get(i);
      if (!pools.containsKey(step.getName())) {
        pools.put(
            step.getName(),
            graph.steps().stream()
                .filter(after -> graph.before(after).contains(step))
                .map(after -> pools.getOrDefault(after.getName(), ""))
                .filter(pool -> !pool.isEmpty())
                .findFirst()
                .orElse(otherwise));
      }
    }
    return pools;
  }

  private boolean join() {
    for (EnsembleStep step : graph.steps()) {
      for (EnsembleStep before : graph.before(step)) {
        int one = segment(before);
        int other = segment(step);
        String pool = pools.getOrDefault(step.getName(), "");
        if (one != other
            && !pool.isEmpty()
            && pool.equals(pools.get(before.getName()))
            && !roundabout(one, other)) {
          segmentOf.replaceAll(
              (name, segment) -> segment == other ? Integer.valueOf(one) : segment);
          return true;
        }
      }
    }
    return false;
  }

  private int segment(EnsembleStep step) {
    return segmentOf.getOrDefault(step.getName(), -1);
  }

  /** Whether a path leads from one segment to another through a third. */
  private boolean roundabout(int from, int to) {
    Set<Integer> reached = new HashSet<>();
    boolean grown = true;
    while (grown) {
      grown = false;
      for (EnsembleStep step : graph.steps()) {
        int segment = segment(step);
        for (EnsembleStep before : graph.before(step)) {
          int source = segment(before);
          if (reached.contains(source) && segment == to) {
            return true;
          }
          boolean leaves = source == from && segment != from && segment != to;
          if ((leaves || reached.contains(source)) && segment != from) {
            grown |= reached.add(segment);
          }
        }
      }
    }
    return false;
  }

  private List<Segment> segments() {
    Map<Integer, Segment> segments = new LinkedHashMap<>();
    for (EnsembleStep step : graph.steps()) {
      segments
          .computeIfAbsent(
              segment(step),
              number -> new Segment(pools.getOrDefault(step.getName(), ""), new ArrayList<>()))
          .steps()
          .add(step);
    }
    return List.copyOf(segments.values());
  }
}
