package io.millrace.benchmarks.patterns;

import io.millrace.events.FailurePattern;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;

/**
 * Counts, per pattern, what was named rightly, wrongly and not at all.
 *
 * <p>An injection is found by the first report of its pattern, target and blamed target between its
 * onset (less half a minute: onsets are random within noise) and two minutes after its end; every
 * report that finds none is a false one, except that of an injection already found.
 */
final class PatternScore {
  private static final double EARLY_SECONDS = 30;
  private static final double LATE_SECONDS = 120;

  /**
   * The figures of a pattern.
   *
   * @param delayP50S from the injection to the report, seconds, of half of them at most
   * @param delayP95S the same, of 95 %
   * @param onsetErrorP50S how far the reported onset is from the injection, of half at most
   */
  record Figures(
      int injected,
      int found,
      int falseReports,
      double precision,
      double recall,
      double f1,
      double delayP50S,
      double delayP95S,
      double onsetErrorP50S) {}

  private static final class Tally {
    int injected;
    int found;
    int wrong;
    final List<Double> delays = new ArrayList<>();
    final List<Double> onsetErrors = new ArrayList<>();

    Figures figures() {
      double precision = found + wrong == 0 ? 1 : (double) found / (found + wrong);
      double recall = injected == 0 ? 1 : (double) found / injected;
      double f1 = precision + recall == 0 ? 0 : 2 * precision * recall / (precision + recall);
      return new Figures(
          injected,
          found,
          wrong,
          precision,
          recall,
          f1,
          quantile(delays, 0.5),
          quantile(delays, 0.95),
          quantile(onsetErrors, 0.5));
    }

    private static double quantile(List<Double> values, double q) {
      return values.isEmpty()
          ? 0
          : values.stream().sorted().toList().get((int) (q * (values.size() - 1)));
    }
  }

  private final Map<FailurePattern, Tally> tallies = new EnumMap<>(FailurePattern.class);
  private final Consumer<String> mistakes;

  /**
   * @param mistakes takes a line on each injection missed and each false report
   */
  PatternScore(Consumer<String> mistakes) {
    this.mistakes = mistakes;
    for (FailurePattern pattern : FailurePattern.values()) {
      if (pattern != FailurePattern.UNKNOWN) {
        tallies.put(pattern, new Tally());
      }
    }
  }

  /** Adds a run. */
  void add(List<Injection> injections, List<Raised> raised) {
    Set<Injection> found = new HashSet<>();
    for (Raised report : raised) {
      Tally tally = tally(report.pattern());
      Injection meant = injections.stream().filter(i -> finds(report, i)).findFirst().orElse(null);
      if (meant == null) {
        tally.wrong++;
        mistakes.accept("false: " + report + " of " + injections);
      } else if (found.add(meant)) {
        tally.found++;
        tally.delays.add(report.atSecond() - meant.fromSecond());
        tally.onsetErrors.add(Math.abs(report.onsetSecond() - meant.fromSecond()));
      }
    }
    for (Injection injection : injections) {
      tally(injection.pattern()).injected++;
      if (!found.contains(injection)) {
        mistakes.accept("missed: " + injection);
      }
    }
  }

  private static boolean finds(Raised report, Injection injection) {
    return report.target().equals(injection.target())
        && report.pattern() == injection.pattern()
        && report.blamed().equals(injection.blamed())
        && report.atSecond() >= injection.fromSecond() - EARLY_SECONDS
        && report.atSecond() <= injection.toSecond() + LATE_SECONDS;
  }

  private Tally tally(FailurePattern pattern) {
    return tallies.computeIfAbsent(pattern, p -> new Tally());
  }

  /** The figures by pattern. */
  Map<FailurePattern, Figures> perPattern() {
    Map<FailurePattern, Figures> figures = new EnumMap<>(FailurePattern.class);
    tallies.forEach((pattern, tally) -> figures.put(pattern, tally.figures()));
    return figures;
  }

  /** Mean of the patterns' F1. */
  double macroF1() {
    return perPattern().values().stream().mapToDouble(Figures::f1).average().orElse(0);
  }
}
