package io.millrace.topologies.speculation.logic;

import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * What one tenant's conversations have taught: which calls follow, and where their arguments come
 * from.
 *
 * <p>A Markov model of order 2 over the targets of steps, with back-off. For each rule and each
 * context (the last two targets, the last one, none) it counts how often the rule could have made a
 * call and how often that very call came. The estimate of a context is that of the next shorter one
 * plus its own counts: p = (used + m · p') / (seen + m), the interpolation with a Dirichlet prior
 * of MacKay and Peto, "A hierarchical Dirichlet language model" (1995); the shortest starts at 0.
 *
 * <p>Bounded: the rules used least recently give way, counts over 256 are halved so that old
 * evidence fades, and when contexts are too many all are halved and those that fall below one seen
 * are forgotten.
 */
final class CallModel {
  private static final int RULES_MAX = 512;
  private static final int CONTEXTS_MAX = 8_192;
  private static final int SEEN_MAX = 256;
  private static final int DERIVED_MIN = 2;
  private static final double PRIOR_WEIGHT = 4;

  private final Map<Rule, Integer> derived =
      new LinkedHashMap<>(16, 0.75f, true) {
        @Override
        protected boolean removeEldestEntry(Map.Entry<Rule, Integer> eldest) {
          return size() > RULES_MAX;
        }
      };
  private final Map<Context, Count> counts = new HashMap<>();

  /**
   * Where a rule could have made a call.
   *
   * @param last target of the last step
   * @param before target of the step before it
   */
  record Context(Rule rule, String last, String before) {}

  private static final class Count {
    private double seen;
    private double used;

    void halve() {
      seen /= 2;
      used /= 2;
    }
  }

  /** Takes a call's possible derivations. */
  void derive(List<Rule> rules) {
    rules.forEach(rule -> derived.merge(rule, 1, Integer::sum));
  }

  /** Rules that more than one call followed, those followed last at the end. */
  List<Rule> rules() {
    return derived.entrySet().stream()
        .filter(entry -> entry.getValue() >= DERIVED_MIN)
        .map(Map.Entry::getKey)
        .collect(Collectors.toUnmodifiableList());
  }

  /** Takes whether the call that a rule would have made in a context came. */
  void observe(Context context, boolean came) {
    count(context, came);
    count(new Context(context.rule, context.last, NONE), came);
    count(new Context(context.rule, NONE, NONE), came);
  }

  private static final String NONE = "-";

  private void count(Context context, boolean came) {
    Count count = counts.get(context);
    if (count == null) {
      if (counts.size() >= CONTEXTS_MAX) {
        fade();
      }
      if (counts.size() >= CONTEXTS_MAX) {
        return;
      }
      count = new Count();
      counts.put(context, count);
    }
    count.seen++;
    if (came) {
      count.used++;
    }
    if (count.seen > SEEN_MAX) {
      count.halve();
    }
  }

  private void fade() {
    counts.values().forEach(Count::halve);
    counts.values().removeIf(count -> count.seen < 1);
  }

  /** How likely the call that the rule makes in the context comes, 0 to 1. */
  double probability(Context context) {
    double shortest = update(new Context(context.rule, NONE, NONE), 0);
    double shorter = update(new Context(context.rule, context.last, NONE), shortest);
    return update(context, shorter);
  }

  private double update(Context context, double prior) {
    Count count = counts.get(context);
    return count == null
        ? prior
        : (count.used + PRIOR_WEIGHT * prior) / (count.seen + PRIOR_WEIGHT);
  }

  int contexts() {
    return counts.size();
  }
}
