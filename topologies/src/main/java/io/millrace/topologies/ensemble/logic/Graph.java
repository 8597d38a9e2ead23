package io.millrace.topologies.ensemble.logic;

import io.millrace.events.EnsembleStep;
import io.millrace.schemas.ensemble.StepTensors;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * The steps of an ensemble as a directed acyclic graph, whose edges are the named tensors.
 *
 * <p>Steps are put into an order in which each comes after those whose tensors it takes; what is
 * left over by that waits for itself. Reference: A. B. Kahn, Topological sorting of large networks,
 * Communications of the ACM 5, 1962.
 */
public final class Graph {
  /** Most steps of an ensemble. */
  public static final int STEPS_MAX = 64;

  private final List<EnsembleStep> steps;
  private final Map<String, EnsembleStep> makers;

  private Graph(List<EnsembleStep> steps, Map<String, EnsembleStep> makers) {
    this.steps = steps;
    this.makers = makers;
  }

  /**
   * Links steps.
   *
   * @param steps in any order
   * @param inputs tensors that the ensemble is given
   * @param outputs tensors that it must make
   * @throws EnsembleInvalid if a step is unsound, a tensor is made twice or by nobody, or steps
   *     wait for each other
   */
  public static Graph of(
      List<EnsembleStep> steps, Collection<String> inputs, Collection<String> outputs)
      throws EnsembleInvalid {
    if (steps.isEmpty() || steps.size() > STEPS_MAX) {
      throw new EnsembleInvalid(
          "the ensemble has %d steps; expected 1 to %d".formatted(steps.size(), STEPS_MAX));
    }
    Set<String> names = new HashSet<>();
    Map<String, EnsembleStep> makers = new LinkedHashMap<>();
    for (EnsembleStep step : steps) {
      StepRules.check(step);
      if (!names.add(step.getName())) {
        throw new EnsembleInvalid("two steps are named '%s'".formatted(step.getName()));
      }
      for (String tensor : StepTensors.makes(step)) {
        if (inputs.contains(tensor)) {
          throw EnsembleInvalid.of(
              step.getName(),
              "makes the tensor '%s', which is an input of the ensemble".formatted(tensor));
        }
        EnsembleStep other = makers.put(tensor, step);
        if (other != null) {
          throw EnsembleInvalid.of(
              step.getName(),
              "makes the tensor '%s', which step '%s' makes already"
                  .formatted(tensor, other.getName()));
        }
      }
    }
    for (EnsembleStep step : steps) {
      for (String tensor : StepTensors.takes(step)) {
        if (!inputs.contains(tensor) && !makers.containsKey(tensor)) {
          throw EnsembleInvalid.of(
              step.getName(),
              "takes the tensor '%s', which nothing makes; there are %s"
                  .formatted(tensor, known(inputs, makers.keySet())));
        }
      }
    }
    for (String output : outputs) {
      if (!makers.containsKey(output)) {
        throw new EnsembleInvalid(
            "output '%s' is made by no step; there are %s"
                .formatted(output, known(Set.of(), makers.keySet())));
      }
    }
    return new Graph(ordered(steps, makers), makers);
  }

  private static Set<String> known(Collection<String> inputs, Collection<String> made) {
    Set<String> known = new TreeSet<>(inputs);
    known.addAll(made);
    return known;
  }

  private static List<EnsembleStep> ordered(
      List<EnsembleStep> steps, Map<String, EnsembleStep> makers) throws EnsembleInvalid {
    Map<String, Integer> waits = new LinkedHashMap<>();
    Map<String, List<EnsembleStep>> takers = new HashMap<>();
    Deque<EnsembleStep> free = new ArrayDeque<>();
    for (EnsembleStep step : steps) {
      int waitsFor = 0;
      for (String tensor : StepTensors.takes(step)) {
        if (makers.containsKey(tensor)) {
          takers.computeIfAbsent(tensor, t -> new ArrayList<>()).add(step);
          waitsFor++;
        }
      }
      waits.put(step.getName(), waitsFor);
      if (waitsFor == 0) {
        free.add(step);
      }
    }
    List<EnsembleStep> ordered = new ArrayList<>(steps.size());
    while (!free.isEmpty()) {
      EnsembleStep step = free.remove();
      ordered.add(step);
      waits.remove(step.getName());
      for (String tensor : StepTensors.makes(step)) {
        for (EnsembleStep taker : takers.getOrDefault(tensor, List.of())) {
          if (waits.merge(taker.getName(), -1, Integer::sum) == 0) {
            free.add(taker);
          }
        }
      }
    }
    if (!waits.isEmpty()) {
      throw new EnsembleInvalid(
          "these steps wait for each other: " + String.join(", ", waits.keySet()));
    }
    return List.copyOf(ordered);
  }

  /** The steps, each after those whose tensors it takes. */
  public List<EnsembleStep> steps() {
    return steps;
  }

  /** The step that makes a tensor; null: it is an input of the ensemble, or unknown. */
  public @Nullable EnsembleStep maker(String tensor) {
    return makers.get(tensor);
  }

  /** The steps that make what a step takes, each once, in no order. */
  Collection<EnsembleStep> before(EnsembleStep step) {
    Map<String, EnsembleStep> before = new LinkedHashMap<>();
    for (String tensor : StepTensors.takes(step)) {
      EnsembleStep maker = maker(tensor);
      if (maker != null) {
        before.put(maker.getName(), maker);
      }
    }
    return before.values();
  }
}
