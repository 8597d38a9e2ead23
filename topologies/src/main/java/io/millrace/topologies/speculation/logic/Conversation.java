package io.millrace.topologies.speculation.logic;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.millrace.topologies.speculation.logic.CallModel.Context;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * One conversation as far as it is followed: what it has shown, which calls could be next, and
 * which were made ahead.
 *
 * <p>What was foretold counts as come if the very call is made before the next write: a call that
 * is not declared read-only may change what reads answer.
 */
final class Conversation {
  private static final int ASKED_MAX = 512;
  private static final int FORETOLD_MAX = 256;
  private static final int FORETELLINGS_MAX = 32;
  private static final String START = "^";

  private final Sources sources = new Sources();
  private final Set<String> asked = new HashSet<>();
  private final Map<String, List<Context>> foretold = new HashMap<>();
  private final Map<String, Ahead> ahead = new HashMap<>();
  private final Set<String> tried = new HashSet<>();
  private String last = START;
  private String before = START;

  /**
   * A call that was made ahead.
   *
   * @param staleAt when its answer is no longer good, milliseconds since the epoch
   */
  record Ahead(double probability, long staleAt) {}

  /**
   * A call that could be next.
   *
   * @param call as {@link Step#call()}
   */
  record Candidate(String call, Rule rule, ObjectNode arguments, double probability) {}

  /** Whether the target may be followed further: its steps are bounded. */
  boolean full() {
    return asked.size() >= ASKED_MAX;
  }

  /** The call made ahead that the step asks for, and no longer waits; null if there is none. */
  @Nullable Ahead join(Step step) {
    return ahead.remove(step.call());
  }

  /** Ends all calls made ahead. */
  Collection<Ahead> abandon() {
    List<Ahead> ended = List.copyOf(ahead.values());
    ahead.clear();
    return ended;
  }

  /** Ends the calls made ahead whose answers are no longer good. */
  Collection<Ahead> stale(long now) {
    List<Ahead> ended = ahead.values().stream().filter(call -> call.staleAt <= now).toList();
    ahead.values().removeAll(ended);
    return ended;
  }

  /** Lets the model learn from a step, which has not been taken yet. */
  void teach(Step step, boolean readOnly, CallModel model) {
    List<Context> came = foretold.remove(step.call());
    if (came != null) {
      came.forEach(context -> model.observe(context, true));
    }
    if (step.isSaid()) {
      return;
    }
    if (readOnly) {
      model.derive(Rule.of(step, sources));
    } else {
      forget(model);
    }
  }

  /** Takes all that was foretold and has not come as not coming. */
  void forget(CallModel model) {
    foretold.values().forEach(list -> list.forEach(context -> model.observe(context, false)));
    foretold.clear();
  }

  /** Takes a step. */
  void take(Step step) {
    if (!step.isSaid()) {
      asked.add(step.call());
    }
    sources.show(step);
    before = last;
    last = step.target();
  }

  /** The calls that could be next, each once, with its best estimate. */
  Collection<Candidate> foretell(CallModel model) {
    Map<String, Candidate> candidates = new LinkedHashMap<>();
    for (Rule rule : model.rules()) {
      ObjectNode arguments = rule.next(sources, call -> asked.contains(key(rule, call)));
      if (arguments != null) {
        Context context = new Context(rule, last, before);
        String call = key(rule, arguments);
        expect(call, context);
        candidates.merge(
            call,
            new Candidate(call, rule, arguments, model.probability(context)),
            (one, other) -> one.probability >= other.probability ? one : other);
      }
    }
    return candidates.values();
  }

  private static String key(Rule rule, ObjectNode arguments) {
    return Step.call(rule.target(), arguments.toString());
  }

  private void expect(String call, Context context) {
    if (foretold.size() < FORETOLD_MAX || foretold.containsKey(call)) {
      List<Context> contexts = foretold.computeIfAbsent(call, c -> new ArrayList<>());
      if (contexts.size() < FORETELLINGS_MAX) {
        contexts.add(context);
      }
    }
  }

  /** Whether the call was made ahead: what was not wanted once is not offered again. */
  boolean tried(String call) {
    return tried.contains(call);
  }

  /** Notes a call made ahead. */
  void ahead(Candidate candidate, long staleAt) {
    tried.add(candidate.call);
    ahead.put(candidate.call, new Ahead(candidate.probability, staleAt));
  }

  String last() {
    return last.equals(Step.SAID) ? "what was said" : last;
  }
}
