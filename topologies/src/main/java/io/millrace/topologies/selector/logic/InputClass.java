package io.millrace.topologies.selector.logic;

import io.millrace.topologies.memory.logic.Memory;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * Chooses among the models for the requests of one class, and decides what runs beside.
 *
 * <p>The cheapest model that was found to meet both targets answers, else the reference. Others run
 * beside it only to be compared: for good on a small sample; on every request while one
 * disagreement more than usual casts doubt on the chosen model; and while there is credit, the
 * cheapest model that might do, drawn anew for each request. So nobody is answered by a model that
 * is being tried.
 */
final class InputClass {
  /** Credit that is kept for doubts about the chosen model. */
  private static final double RESERVE = 0.2;

  private final SelectorPolicy policy;
  private final String name;
  private final Arm reference;
  private final Map<String, Arm> arms = new LinkedHashMap<>();
  private double credit;
  private long requests;
  private @Nullable Arm chosen;

  /**
   * @param candidates the first is the reference
   */
  InputClass(String name, List<Candidate> candidates, SelectorPolicy policy) {
    this.name = name;
    this.policy = policy;
    this.credit = policy.credit();
    candidates.forEach(candidate -> arms.put(candidate.model(), new Arm(candidate, policy)));
    this.reference = arm(candidates.get(0).model());
  }

  private Arm arm(String model) {
    Arm arm = arms.get(model);
    if (arm == null) {
      throw new IllegalArgumentException(
          "%s is not among the models %s".formatted(model, arms.keySet()));
    }
    return arm;
  }

  Choice choose(RandomGenerator random) {
    requests++;
    credit = Math.min(policy.credit(), credit + policy.exploreShare());
    Arm best = best();
    if (chosen != null && chosen != best && best != reference) {
      best.recheck();
    }
    chosen = best;
    Arm tried = drawn(best, random);
    String besideWhy = besideWhy(best, tried, random);
    List<String> beside = new ArrayList<>();
    if (!besideWhy.isEmpty()) {
      credit = Math.max(0, credit - 1);
      if (best != reference) {
        beside.add(reference.model());
      }
      if (tried != null) {
        beside.add(tried.model());
      }
    }
    return new Choice(
        name,
        best.model(),
        List.copyOf(beside),
        why(best),
        beside.isEmpty() ? "" : besideWhy,
        reason(best, tried),
        evidence(best));
  }

  /** The cheapest that was found to do; the reference agrees with itself, but may be too slow. */
  private Arm best() {
    Arm best = reference;
    double least = tooSlow(reference) ? Double.POSITIVE_INFINITY : reference.cost();
    for (Arm arm : arms.values()) {
      if (arm != reference && arm.proven() && arm.cost() < least) {
        best = arm;
        least = arm.cost();
      }
    }
    return best;
  }

  private static boolean tooSlow(Arm arm) {
    return arm.inTime().trials() > 1 && !arm.inTime().enough();
  }

  /**
   * The model that is worth trying: the cheapest one that does, were its shares as they are drawn
   * now; null: none that is cheaper.
   */
  private @Nullable Arm drawn(Arm best, RandomGenerator random) {
    Arm drawn = null;
    double cost = tooSlow(best) ? Double.POSITIVE_INFINITY : best.cost();
    for (Arm arm : arms.values()) {
      if (arm != best
          && arm != reference
          && !arm.proven()
          && arm.cost() < cost
          && arm.promising(policy, requests, random.nextGaussian(), random.nextGaussian())) {
        drawn = arm;
        cost = arm.cost();
      }
    }
    return drawn;
  }

  private String besideWhy(Arm best, @Nullable Arm tried, RandomGenerator random) {
    boolean sampled = random.nextDouble() < sample(best);
    if (best != reference && best.doubtful() && credit >= 1) {
      return "DOUBT";
    }
    if (tried != null && credit >= 1 + RESERVE * policy.credit()) {
      return "LEARNING";
    }
    return sampled && (best != reference || tried != null) ? "SAMPLE" : "";
  }

  private double sample(Arm best) {
    return best == reference
        ? policy.shadowShare()
        : Math.min(policy.shadowShare(), policy.shadowCost() * best.cost() / reference.cost());
  }

  private String why(Arm best) {
    if (best != reference) {
      return "CHEAPEST_PROVEN";
    }
    boolean cheapest =
        reference.cost() > 0
            && arms.values().stream().allMatch(arm -> arm.cost() >= reference.cost());
    return cheapest ? "REFERENCE_IS_CHEAPEST" : "NOTHING_PROVEN";
  }

  private String reason(Arm best, @Nullable Arm tried) {
    String other = tried == null ? "" : "; %s costs less and might do".formatted(tried.model());
    if (best == reference) {
      return "no cheaper model was found to agree with the reference often enough and in time"
          + other;
    }
    return String.format(
        Locale.ROOT,
        "%d of %d comparisons agreed and %d of %d runs were in time; a run costs %.4g, of the"
            + " reference %.4g%s",
        best.quality().seenGood(),
        best.quality().seen(),
        best.inTime().seenGood(),
        best.inTime().seen(),
        best.cost(),
        reference.cost(),
        other);
  }

  private Map<String, Double> evidence(Arm best) {
    Map<String, Double> evidence = new HashMap<>();
    evidence.put("cost", best.cost());
    evidence.put("reference_cost", reference.cost());
    evidence.put("compared", (double) best.quality().seen());
    evidence.put("agreed", (double) best.quality().seenGood());
    evidence.put("evidence", best.quality().evidence());
    evidence.put("evidence_needed", best.quality().needed());
    evidence.put("credit", credit);
    return evidence;
  }

  /**
   * Takes a comparison.
   *
   * @return whether the model was found by that not to do
   */
  boolean compared(String model, boolean agreed) {
    Arm arm = arm(model);
    return arm != reference && arm.compared(agreed, requests);
  }

  /**
   * Takes a run.
   *
   * @return whether the model was found by that to be too slow
   */
  boolean ran(String model, boolean withinObjective, double cost) {
    return arm(model).ran(withinObjective, cost, requests);
  }

  /** Has what was found of a model checked, as it failed elsewhere. */
  void doubt(String model) {
    Arm arm = arm(model);
    if (arm != reference && arm.proven()) {
      arm.recheck();
    }
  }

  /** Passes what it has learnt through a memory. */
  void remember(Memory memory) {
    credit = memory.number(credit);
    requests = memory.count(requests);
    arms.values().forEach(arm -> arm.remember(memory));
  }
}
