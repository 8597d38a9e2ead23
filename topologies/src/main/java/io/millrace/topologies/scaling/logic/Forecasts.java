package io.millrace.topologies.scaling.logic;

import io.millrace.topologies.memory.logic.Memory;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.function.Supplier;

/**
 * Several forecasters as one: each is trusted by how well it foretold lately.
 *
 * <p>The blend weighs each by the exponential of how much larger than the best one's its discounted
 * sum of absolute errors is (N. Littlestone, M. K. Warmuth, "The Weighted Majority Algorithm",
 * Information and Computation 108, 1994), so that the best by recent error decides and near equals
 * share. A forecaster that throws or gives what is no rate is benched: it is left out, what it said
 * is replaced by the last rate, and a new one takes its place after some windows.
 */
public final class Forecasts {
  private static final double DECAY = 0.998;
  private static final double SHARPNESS = 20;
  private static final double CREDIBLE = 0.15;
  private static final int BENCH_WINDOWS = 100;
  private static final double RATE_MAX = 1e12;

  private final int lead;
  private final List<Member> members = new ArrayList<>();
  private final List<String> faults = new ArrayList<>();

  /**
   * What is foretold for one window.
   *
   * @param expected arrivals per second, the blend
   * @param highest arrivals per second, as the highest of the forecasters has it whose errors are
   *     at most 15 % larger than the best one's
   * @param trusted name of the forecaster with the largest weight
   */
  public record Forecast(double expected, double highest, String trusted) {}

  private static final class Member {
    private final Supplier<Forecaster> maker;
    private final Deque<Double> said = new ArrayDeque<>();
    private Forecaster forecaster;
    private double errors;
    private int benched;

    Member(Supplier<Forecaster> maker) {
      this.maker = maker;
      this.forecaster = maker.get();
    }
  }

  /**
   * @param lead windows they look ahead, 1 or more
   * @param makers of the forecasters, at least one; a new one is made when one failed
   */
  public Forecasts(int lead, List<Supplier<Forecaster>> makers) {
    this.lead = lead;
    makers.forEach(maker -> members.add(new Member(maker)));
  }

  /**
   * All forecasters there are.
   *
   * @param lead windows to look ahead, 1 or more
   */
  public static Forecasts all(Seasons seasons, int lead) {
    return new Forecasts(
        lead,
        List.of(
            LastValue::new,
            RecentMean::new,
            () -> new SeasonalSmoothing(seasons, lead),
            () -> AutoRegression.quick(seasons, lead),
            () -> AutoRegression.daily(seasons, lead)));
  }

  /**
   * Takes the rate of the next window and foretells.
   *
   * @param window number of the window since the epoch
   * @param rate arrivals per second in it, finite, 0 or more
   * @return what is expected {@code lead} windows later
   */
  public Forecast next(long window, double rate) {
    for (Member member : members) {
      if (member.said.size() == lead) {
        member.errors = DECAY * member.errors + Math.abs(member.said.removeFirst() - rate);
      }
      member.said.addLast(ask(member, window, rate));
    }
    return blend(rate);
  }

  private double ask(Member member, long window, double rate) {
    if (member.benched > 0 && --member.benched == 0) {
      member.forecaster = member.maker.get();
    }
    if (member.benched > 0) {
      return rate;
    }
    String fault;
    try {
      double said = member.forecaster.next(window, rate);
      if (said >= 0 && said <= RATE_MAX) {
        return said;
      }
      fault = "gave " + said;
    } catch (RuntimeException e) {
      fault = "failed: " + e;
    }
    member.benched = BENCH_WINDOWS;
    faults.add(
        "%s %s; it is left out for %d windows"
            .formatted(member.forecaster.name(), fault, BENCH_WINDOWS));
    return rate;
  }

  private Forecast blend(double rate) {
    double best = Double.POSITIVE_INFINITY;
    for (Member member : members) {
      best = member.benched > 0 ? best : Math.min(best, member.errors);
    }
    double sum = 0;
    double weights = 0;
    double highest = 0;
    double heaviest = -1;
    String trusted = "last-value";
    for (Member member : members) {
      if (member.benched > 0) {
        continue;
      }
      double worse = best > 0 ? member.errors / best - 1 : member.errors > 0 ? 1 : 0;
      double weight = Math.exp(-SHARPNESS * worse);
      double said = member.said.getLast();
      sum += weight * said;
      weights += weight;
      if (worse <= CREDIBLE) {
        highest = Math.max(highest, said);
      }
      if (weight > heaviest) {
        heaviest = weight;
        trusted = member.forecaster.name();
      }
    }
    return weights == 0
        ? new Forecast(rate, rate, trusted)
        : new Forecast(sum / weights, highest, trusted);
  }

  /**
   * Passes what they have learnt and how far each is trusted through a memory.
   *
   * @throws IllegalArgumentException if it is read and is of others
   */
  void remember(Memory memory) {
    for (Member member : members) {
      String name = memory.text(member.forecaster.name());
      if (!name.equals(member.forecaster.name())) {
        throw new IllegalArgumentException(
            "is of the forecaster %s, not %s".formatted(name, member.forecaster.name()));
      }
      memory.lastNumbers(member.said, lead);
      member.errors = memory.number(member.errors);
      member.benched = (int) memory.count(member.benched);
      if (member.benched == 0) {
        member.forecaster.remember(memory);
      }
    }
  }

  /** Leaves out what was foretold and not seen yet: windows are missing. */
  void skip() {
    members.forEach(member -> member.said.clear());
  }

  /** What went wrong since the last call, for people. */
  public List<String> faults() {
    List<String> since = List.copyOf(faults);
    faults.clear();
    return since;
  }
}
