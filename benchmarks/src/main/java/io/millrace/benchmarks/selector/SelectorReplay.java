package io.millrace.benchmarks.selector;

import io.millrace.topologies.selector.logic.Candidate;
import io.millrace.topologies.selector.logic.Choice;
import io.millrace.topologies.selector.logic.ModelSelector;
import io.millrace.topologies.selector.logic.SelectorPolicy;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.function.Consumer;
import java.util.function.IntBinaryOperator;
import java.util.function.IntUnaryOperator;

/**
 * Runs the production selector, and simpler rules, over the requests of a {@link SyntheticWorld}.
 *
 * <p>What runs beside the model that answers is paid for as well. A request violates quality if the
 * model that answers it agrees, in its class and at that time, less often in truth than the target
 * asks; whether the one answer is right plays no part. It violates latency in the same way.
 */
public final class SelectorReplay {
  private final Settings settings;
  private final SyntheticWorld world;
  private final Consumer<String> progress;

  /**
   * What is replayed.
   *
   * @param requests how many
   * @param feedbackShare share of requests whose client says whether the answer was good
   * @param nearTarget whether the truth may lie as close to the target as it happens to
   */
  public record Settings(
      long seed, long requests, double feedbackShare, boolean nearTarget, SelectorPolicy policy) {}

  /**
   * How a rule did.
   *
   * @param costRatio all that ran ÷ the best fixed model of each class in hindsight
   * @param costRatioOfPhases the same ÷ the best model of each class before and after the drift
   * @param qualityViolationsPct requests answered by a model that did not meet the quality target
   * @param latencyViolationsPct requests answered by a model that did not meet the latency target
   * @param explorationPct requests on which others ran beside the one that answered
   * @param disagreedPct answers that differed from the reference's
   */
  public record Outcome(
      double costRatio,
      double costRatioOfPhases,
      double qualityViolationsPct,
      double latencyViolationsPct,
      double explorationPct,
      double disagreedPct) {}

  /**
   * What came out.
   *
   * @param policies by name; "selector" is the production one
   * @param drift what it was
   * @param driftAt the first request after it
   * @param bestBefore model by class, the cheapest is 0
   * @param bestAfter the same after the drift
   * @param bestFixed the same of both times
   * @param proven how often the selector began to use another model in a class
   */
  public record Report(
      Map<String, Outcome> policies,
      String drift,
      long driftAt,
      List<Integer> bestBefore,
      List<Integer> bestAfter,
      List<Integer> bestFixed,
      int proven) {}

  private static final class Tally {
    private double cost;
    private long quality;
    private long latency;
    private long explored;
    private long disagreed;
  }

  /**
   * @param progress gets a line at each step
   */
  public SelectorReplay(Settings settings, Consumer<String> progress) {
    this.settings = settings;
    this.progress = progress;
    this.world =
        new SyntheticWorld(
            settings.seed(),
            settings.requests(),
            settings.policy().quality(),
            settings.policy().objective().toMillis(),
            settings.nearTarget());
  }

  /** Replays all rules. */
  public Report run() {
    Tally fixed = rule("best fixed", (phase, c) -> world.bestFixed(c));
    Tally phases = rule("best of each phase", (phase, c) -> world.best(c, phase));
    Map<String, Outcome> outcomes = new LinkedHashMap<>();
    int[] changes = new int[1];
    Random any = new Random(settings.seed() + 2);
    outcomes.put("selector", outcome(selector(changes), fixed, phases));
    outcomes.put("best_fixed", outcome(fixed, fixed, phases));
    outcomes.put("best_of_phases", outcome(phases, fixed, phases));
    outcomes.put(
        "always_largest",
        outcome(rule("largest", (phase, c) -> SyntheticWorld.REFERENCE), fixed, phases));
    outcomes.put("always_smallest", outcome(rule("smallest", (phase, c) -> 0), fixed, phases));
    outcomes.put(
        "random",
        outcome(rule("random", (phase, c) -> any.nextInt(SyntheticWorld.MODELS)), fixed, phases));
    return new Report(
        outcomes,
        world.drift(),
        world.driftAt(),
        byClass(c -> world.best(c, 0)),
        byClass(c -> world.best(c, 1)),
        byClass(world::bestFixed),
        changes[0]);
  }

  private static List<Integer> byClass(IntUnaryOperator of) {
    List<Integer> models = new ArrayList<>();
    for (int c = 0; c < SyntheticWorld.CLASSES; c++) {
      models.add(of.applyAsInt(c));
    }
    return models;
  }

  private Outcome outcome(Tally of, Tally fixed, Tally phases) {
    double percent = 100.0 / settings.requests();
    return new Outcome(
        of.cost / fixed.cost,
        of.cost / phases.cost,
        percent * of.quality,
        percent * of.latency,
        percent * of.explored,
        percent * of.disagreed);
  }

  private void answered(Tally tally, int phase, int c, int m) {
    tally.quality += world.goodEnough(phase, c, m) ? 0 : 1;
    tally.latency += world.fastEnough(phase, c, m) ? 0 : 1;
  }

  private Tally rule(String name, IntBinaryOperator modelByPhaseAndClass) {
    progress.accept("replaying " + name);
    Random requests = new Random(settings.seed() + 1);
    Random luck = new Random(settings.seed() + 3);
    Tally tally = new Tally();
    for (long i = 0; i < settings.requests(); i++) {
      int c = world.inputClass(requests);
      int phase = world.phase(i);
      int m = modelByPhaseAndClass.applyAsInt(phase, c);
      tally.cost += world.runCost(c, m, luck);
      tally.disagreed += luck.nextDouble() < world.agreement(phase, c, m) ? 0 : 1;
      answered(tally, phase, c, m);
    }
    return tally;
  }

  private static String name(int m) {
    return "model:" + m;
  }

  private static int number(String model) {
    return Integer.parseInt(model.substring("model:".length()));
  }

  private Tally selector(int[] changes) {
    progress.accept("replaying the selector");
    Random requests = new Random(settings.seed() + 1);
    Random luck = new Random(settings.seed() + 3);
    Random own = new Random(settings.seed() + 4);
    List<Candidate> candidates = new ArrayList<>();
    // What a run costs is not known before; only that the reference is not the cheapest.
    candidates.add(new Candidate(name(SyntheticWorld.REFERENCE), 8));
    for (int m = 0; m < SyntheticWorld.REFERENCE; m++) {
      candidates.add(new Candidate(name(m), 2 + m));
    }
    ModelSelector selector = new ModelSelector(settings.policy(), candidates);
    Tally tally = new Tally();
    String[] before = new String[SyntheticWorld.CLASSES];
    for (long i = 0; i < settings.requests(); i++) {
      int c = world.inputClass(requests);
      int phase = world.phase(i);
      String inputClass = "class-" + c;
      Choice choice = selector.choose(inputClass, own);
      int m = number(choice.model());
      boolean agreed = luck.nextDouble() < world.agreement(phase, c, m);
      answered(tally, phase, c, m);
      tally.disagreed += agreed ? 0 : 1;
      ran(selector, tally, inputClass, phase, c, m, luck);
      if (!choice.beside().isEmpty()) {
        tally.explored++;
        for (String other : choice.beside()) {
          int b = number(other);
          ran(selector, tally, inputClass, phase, c, b, luck);
          if (b != SyntheticWorld.REFERENCE) {
            selector.compared(inputClass, other, luck.nextDouble() < world.agreement(phase, c, b));
          }
        }
        selector.compared(inputClass, choice.model(), agreed);
      } else if (luck.nextDouble() < settings.feedbackShare()) {
        selector.compared(inputClass, choice.model(), agreed);
      }
      if (!choice.model().equals(before[c])) {
        changes[0]++;
        before[c] = choice.model();
      }
    }
    return tally;
  }

  private void ran(
      ModelSelector selector,
      Tally tally,
      String inputClass,
      int phase,
      int c,
      int m,
      Random luck) {
    double cost = world.runCost(c, m, luck);
    tally.cost += cost;
    selector.ran(inputClass, name(m), world.latencyMs(phase, c, m, luck), cost);
  }
}
