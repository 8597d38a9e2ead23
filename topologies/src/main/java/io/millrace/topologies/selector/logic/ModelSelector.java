package io.millrace.topologies.selector.logic;

import io.millrace.topologies.memory.logic.Memory;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.random.RandomGenerator;

/**
 * Learns per class of inputs which of several models meets the quality and latency targets at least
 * cost: a contextual bandit whose constraint is safe.
 *
 * <p>Costs are seen at once; what must be learnt is which models may be used at all. A model is
 * used once a sequential test has shown that it agrees with the reference often enough and answers
 * in time ({@link ShareEvidence}), and no longer than until another test shows that it does not:
 * that also finds drift. Which models are worth trying is drawn from what their shares might be
 * (Thompson sampling), and trying them is running them beside the one that answers, within a credit
 * of requests ({@link InputClass}; compare Y. Wu et al., "Conservative Bandits", ICML 2016, where
 * the constraint holds while learning too). When a model fails on one class, what is known of it on
 * the others is checked at once.
 *
 * <p>At most 64 classes are told apart; requests of further ones are one class more.
 */
public final class ModelSelector {
  private static final int CLASSES_MAX = 64;

  /** Stands for all classes beyond the bound. */
  public static final String OTHER_CLASSES = "*";

  private final SelectorPolicy policy;
  private final List<Candidate> candidates;
  private final Map<String, InputClass> classes = new LinkedHashMap<>();

  /**
   * @param candidates two or more, different ones; the first is the reference
   * @throws IllegalArgumentException if they are fewer, or one is there twice
   */
  public ModelSelector(SelectorPolicy policy, List<Candidate> candidates) {
    Set<String> names = new LinkedHashSet<>();
    candidates.forEach(candidate -> names.add(candidate.model()));
    if (candidates.size() < 2 || names.size() != candidates.size()) {
      throw new IllegalArgumentException(
          "expected two different models or more to choose from, not %s"
              .formatted(candidates.stream().map(Candidate::model).toList()));
    }
    this.policy = policy;
    this.candidates = List.copyOf(candidates);
  }

  /** Chooses for a request. */
  public Choice choose(String inputClass, RandomGenerator random) {
    return of(inputClass).choose(random);
  }

  /**
   * Takes how an answer compared with the reference's, or what a client says of it.
   *
   * @param inputClass as the choice says
   * @param model that gave it; one that is not known is ignored
   * @return whether the model was found by that not to do for this class
   */
  public boolean compared(String inputClass, String model, boolean agreed) {
    if (unknown(model) || !of(inputClass).compared(model, agreed)) {
      return false;
    }
    doubtElsewhere(inputClass, model);
    return true;
  }

  /**
   * Takes how a run went, of the one that answered or beside it.
   *
   * @param inputClass as the choice says
   * @param model one that is not known is ignored
   * @param latencyMs until its answer was there, milliseconds
   * @param cost in the unit of the candidates
   * @return whether the model was found by that to be too slow for this class
   */
  public boolean ran(String inputClass, String model, double latencyMs, double cost) {
    boolean inTime = latencyMs <= policy.objective().toMillis();
    if (unknown(model) || !of(inputClass).ran(model, inTime, cost)) {
      return false;
    }
    doubtElsewhere(inputClass, model);
    return true;
  }

  private boolean unknown(String model) {
    return candidates.stream().noneMatch(candidate -> candidate.model().equals(model));
  }

  private void doubtElsewhere(String inputClass, String model) {
    classes.forEach(
        (name, other) -> {
          if (!name.equals(inputClass)) {
            other.doubt(model);
          }
        });
  }

  private InputClass of(String name) {
    String known = classes.size() < CLASSES_MAX || classes.containsKey(name) ? name : OTHER_CLASSES;
    return classes.computeIfAbsent(known, fresh -> new InputClass(fresh, candidates, policy));
  }

  /**
   * Passes what it has learnt through a memory.
   *
   * @throws IllegalArgumentException if it is read and is of other models
   */
  public void remember(Memory memory) {
    for (Candidate candidate : candidates) {
      String name = memory.text(candidate.model());
      if (!name.equals(candidate.model())) {
        throw new IllegalArgumentException(
            "is of the model %s, not %s".formatted(name, candidate.model()));
      }
    }
    List<String> names =
        memory.list(new ArrayList<>(classes.keySet()), Integer.BYTES, "", memory::text);
    names.forEach(name -> of(name).remember(memory));
  }
}
