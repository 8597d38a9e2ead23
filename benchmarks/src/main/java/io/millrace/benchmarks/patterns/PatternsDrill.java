package io.millrace.benchmarks.patterns;

import io.millrace.events.FailurePattern;
import java.util.Map;
import java.util.Random;
import java.util.function.Consumer;

/** Injects failures into fleets in virtual time and scores what the production classes name. */
public final class PatternsDrill {

  /**
   * What came out.
   *
   * @param macroF1 mean of the patterns' F1
   * @param perPattern figures by pattern
   * @param quietHourAlerts patterns raised in fleets where nothing was wrong
   * @param quietTargetHours hours of targets in which nothing was wrong
   * @param fleets runs with failures, each pattern once at least
   * @param virtualHours length of each run
   */
  public record Report(
      double macroF1,
      Map<FailurePattern, PatternScore.Figures> perPattern,
      int quietHourAlerts,
      double quietTargetHours,
      int fleets,
      double virtualHours) {}

  private final Consumer<String> progress;

  /**
   * @param progress takes lines for people
   */
  public PatternsDrill(Consumer<String> progress) {
    this.progress = progress;
  }

  /**
   * Runs it.
   *
   * @param fleets runs with failures; half as many are quiet
   */
  public Report run(long seed, int fleets) {
    Random seeds = new Random(seed);
    PatternScore score = new PatternScore(progress);
    for (int i = 0; i < fleets; i++) {
      FleetWatch.Watched watched = new FleetWatch().run(Fleet::ill, new Random(seeds.nextLong()));
      score.add(watched.injections(), watched.raised());
      progress.accept("fleet %d of %d".formatted(i + 1, fleets));
    }
    int quiet = (fleets + 1) / 2;
    int alerts = 0;
    for (int i = 0; i < quiet; i++) {
      FleetWatch.Watched watched = new FleetWatch().run(Fleet::quiet, new Random(seeds.nextLong()));
      alerts += watched.raised().size();
      watched.raised().forEach(raised -> progress.accept("in quiet: " + raised));
      progress.accept("quiet fleet %d of %d".formatted(i + 1, quiet));
    }
    double hours = Fleet.SECONDS / 3_600.0;
    return new Report(
        score.macroF1(), score.perPattern(), alerts, quiet * 12 * hours, fleets, hours);
  }
}
