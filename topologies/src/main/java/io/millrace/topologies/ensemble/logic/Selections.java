package io.millrace.topologies.ensemble.logic;

import io.millrace.events.EnsembleStep;
import io.millrace.events.InferenceResult;
import io.millrace.events.Outcome;
import io.millrace.events.Tensor;
import io.millrace.topologies.guard.logic.Tensors;
import io.millrace.topologies.memory.logic.Memory;
import io.millrace.topologies.selector.logic.Candidate;
import io.millrace.topologies.selector.logic.Choice;
import io.millrace.topologies.selector.logic.ModelSelector;
import io.millrace.topologies.selector.logic.SelectorPolicy;
import io.millrace.topologies.selector.logic.StepChoices;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;

/**
 * The steps of one partition that select: each learns, by class of inputs, which of its models
 * agrees with the reference often enough and in time at least cost ({@link ModelSelector}).
 *
 * <p>The reference is the candidate that the step's number 'reference' names, else the last. The
 * class of a request is its parameter {@value #CLASS_PARAMETER}, else the order of magnitude of its
 * inputs. The cost of a run is its share of the batch's compute time.
 */
public final class Selections {
  /** Parameter of a request by which a client says of which class its inputs are. */
  public static final String CLASS_PARAMETER = "input_class";

  private static final int CLASS_LENGTH_MAX = 64;
  private static final int STEPS_MAX = 64;
  private static final long MEMORY_MILLIS = 10_000;
  private static final byte MEMORY_VERSION = 1;

  private final Map<String, Selection> byStep = new LinkedHashMap<>();
  private final Map<String, byte[]> memories = new HashMap<>();
  private final List<Change> changes = new ArrayList<>();

  /**
   * From now on another model answers the requests of a class.
   *
   * @param ensemble its target
   * @param step name of the step
   * @param from model that answered before
   * @param choice what was chosen and why
   * @param operationId of the first request that it answers
   */
  public record Change(
      String ensemble, String step, String from, Choice choice, String operationId) {}

  private static final class Selection {
    final EnsembleStep step;
    final String declared;
    final List<String> models;
    final String reference;
    final ModelSelector selector;
    final StepChoices<List<Tensor>> choices;
    final Map<String, String> answering = new HashMap<>();
    boolean recalled;
    boolean learnt;
    long rememberedAt;

    Selection(EnsembleStep step) {
      this.step = step;
      declared = SplitTable.declared(step);
      models = step.getCandidates().stream().map(candidate -> candidate.getTarget()).toList();
      reference = models.get(reference(step));
      Set<String> referenceFirst = new LinkedHashSet<>(List.of(reference));
      referenceFirst.addAll(models);
      selector =
          new ModelSelector(
              policy(step),
              // Costs nothing until it has run: so each is tried.
              referenceFirst.stream().map(model -> new Candidate(model, 0)).toList());
      choices = new StepChoices<>(selector, reference, Agreement::of, Tensors::bytes);
    }

    /** Whether it is of a step as it is declared; nearly always that very object. */
    @SuppressWarnings("ReferenceEquality")
    boolean of(EnsembleStep other) {
      return other == step || SplitTable.declared(other).equals(declared);
    }
  }

  private static int reference(EnsembleStep step) {
    int last = step.getCandidates().size() - 1;
    return Math.min(last, (int) StepRules.number(step, "reference", last));
  }

  private static SelectorPolicy policy(EnsembleStep step) {
    SelectorPolicy usual = SelectorPolicy.defaults();
    double sample = StepRules.number(step, "sample", usual.shadowShare());
    return new SelectorPolicy(
        StepRules.number(step, "quality", usual.quality()),
        Duration.ofMillis(
            (long) StepRules.number(step, "objective_ms", (double) usual.objective().toMillis())),
        usual.inTime(),
        sample,
        usual.shadowCost(),
        Math.max(sample, usual.exploreShare()),
        usual.credit(),
        usual.wrongProof(),
        usual.falseAlarm());
  }

  private Selection of(String ensemble, EnsembleStep step) {
    String key = SplitTable.key(ensemble, step.getName());
    Selection known = byStep.get(key);
    if (known != null && known.of(step)) {
      return known;
    }
    Selection fresh = new Selection(step);
    byte[] memory = memories.remove(key);
    if (known == null && memory != null) {
      fresh = recalled(step, memory, fresh);
    }
    byStep.put(key, fresh);
    if (byStep.size() > STEPS_MAX) {
      byStep.remove(byStep.keySet().iterator().next());
    }
    return fresh;
  }

  private static Selection recalled(EnsembleStep step, byte[] memory, Selection otherwise) {
    Selection recalled = new Selection(step);
    try {
      Memory.read(memory, MEMORY_VERSION, fields -> remember(recalled, fields));
      recalled.recalled = true;
      return recalled;
    } catch (IllegalArgumentException e) {
      // Of a step that is declared otherwise now, or damaged: it learns anew.
      return otherwise;
    }
  }

  private static void remember(Selection selection, Memory memory) {
    String declared = memory.text(selection.declared);
    if (!declared.equals(selection.declared)) {
      throw new IllegalArgumentException("was learnt of another declaration");
    }
    selection.selector.remember(memory);
  }

  Chooser.Choice choose(
      String ensemble,
      EnsembleStep step,
      Chooser.Request request,
      Predicate<String> usable,
      long now) {
    Selection of = of(ensemble, step);
    Choice choice =
        of.choices.choose(
            request.operationId(),
            inputClass(request),
            Draws.generator(request.operationId(), "select." + step.getName()),
            now);
    of.learnt = true;
    String before = of.answering.put(choice.inputClass(), choice.model());
    if (before == null) {
      // What answered before a restart is not known any more; it is said once, when it changes.
      before = of.recalled ? choice.model() : of.reference;
    }
    if (!choice.model().equals(before)) {
      changes.add(new Change(ensemble, step.getName(), before, choice, request.operationId()));
    }
    List<Integer> beside = new ArrayList<>();
    for (String model : choice.beside()) {
      if (usable.test(model)) {
        beside.add(of.models.indexOf(model));
      }
    }
    return new Chooser.Choice(
        order(of, choice.model(), usable),
        beside,
        "%s for inputs of class '%s': %s"
            .formatted(choice.why(), choice.inputClass(), choice.reason()));
  }

  /** The chosen one, the reference and the others; of these the usable ones first. */
  private static List<Integer> order(Selection of, String chosen, Predicate<String> usable) {
    Set<String> wanted = new LinkedHashSet<>(List.of(chosen, of.reference));
    wanted.addAll(of.models);
    Set<String> order = new LinkedHashSet<>(wanted);
    order.removeIf(model -> !usable.test(model));
    order.addAll(wanted);
    return order.stream().map(of.models::indexOf).toList();
  }

  private static String inputClass(Chooser.Request request) {
    String given = request.parameters().get(CLASS_PARAMETER);
    if (given != null) {
      String bare = given.replace("\"", "");
      return bare.substring(0, Math.min(CLASS_LENGTH_MAX, bare.length()));
    }
    long bytes = Tensors.bytes(request.inputs());
    return bytes == 0 ? "large" : Long.highestOneBit(bytes) + " bytes and more";
  }

  void ended(
      String ensemble,
      EnsembleStep step,
      String operationId,
      int candidate,
      InferenceResult result,
      double latencyMs,
      long now) {
    boolean ok = result.getOutcome() == Outcome.OK;
    boolean gone = ok && result.getOutputs().isEmpty();
    if (gone || (!ok && !RunningEnsemble.blamesModel(result))) {
      return;
    }
    Selection of = byStep.get(SplitTable.key(ensemble, step.getName()));
    if (of == null || !of.of(step)) {
      // The step was declared otherwise since.
      return;
    }
    of.choices.ended(
        operationId,
        of.models.get(candidate),
        ok ? result.getOutputs() : null,
        latencyMs,
        result.getComputeMs() / Math.max(1, result.getBatchSize()),
        now);
  }

  /**
   * Takes what a client says of an answer.
   *
   * @return whether one of these steps chose who gave it
   */
  public boolean feedback(String operationId, boolean good) {
    boolean known = false;
    for (Selection each : byStep.values()) {
      known |= each.choices.feedback(operationId, good);
    }
    return known;
  }

  /** What has changed since it was asked last. */
  public List<Change> changes() {
    List<Change> since = List.copyOf(changes);
    changes.clear();
    return since;
  }

  /** Takes what a step had learnt before a restart, for when it is called first. */
  public void recall(String key, byte[] memory) {
    memories.put(key, memory);
  }

  /**
   * What steps have learnt that is due to be kept, by key.
   *
   * @param now milliseconds since the epoch
   */
  public Map<String, byte[]> memories(long now) {
    Map<String, byte[]> due = new HashMap<>();
    byStep.forEach(
        (key, of) -> {
          if (of.learnt && Math.abs(now - of.rememberedAt) >= MEMORY_MILLIS) {
            due.put(key, Memory.write(MEMORY_VERSION, fields -> remember(of, fields)));
            of.learnt = false;
            of.rememberedAt = now;
          }
        });
    return due;
  }
}
