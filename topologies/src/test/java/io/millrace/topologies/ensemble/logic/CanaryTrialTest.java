package io.millrace.topologies.ensemble.logic;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.topologies.ensemble.logic.CanaryTrial.Verdict;
import java.util.SplittableRandom;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;

class CanaryTrialTest {
  private static final double MARGIN = 0.01;

  @Property(tries = 200)
  void theIntervalHoldsTheObservedRateAndNarrows(
      @ForAll @IntRange(min = 1, max = 100_000) int calls,
      @ForAll @IntRange(max = 100) int percent) {
    long failures = (long) calls * percent / 100;
    CanaryTrial.Interval interval = CanaryTrial.interval(calls, failures, 0.05);
    double rate = (double) failures / calls;
    assertThat(interval.low()).isBetween(0.0, rate);
    assertThat(interval.high()).isBetween(rate, 1.0);
    CanaryTrial.Interval later = CanaryTrial.interval(calls * 10L, failures * 10, 0.05);
    assertThat(later.high() - later.low()).isLessThan(interval.high() - interval.low() + 1e-9);
  }

  /**
   * Looked at after each of 5,000 calls, in 300 courses: with 5 % allowed, 40 would be too many.
   */
  @Example
  void lookingAfterEveryCallDoesNotMakeTheIntervalWrong() {
    int wrong = 0;
    for (int course = 0; course < 300; course++) {
      SplittableRandom random = new SplittableRandom(course);
      double rate = 0.02 + 0.3 * random.nextDouble();
      long failures = 0;
      boolean outside = false;
      for (int calls = 1; calls <= 5_000 && !outside; calls++) {
        failures += random.nextDouble() < rate ? 1 : 0;
        if (calls % 10 == 0 || calls < 100) {
          CanaryTrial.Interval interval = CanaryTrial.interval(calls, failures, 0.05);
          outside = rate < interval.low() || rate > interval.high();
        }
      }
      wrong += outside ? 1 : 0;
    }
    assertThat(wrong).isLessThanOrEqualTo(15);
  }

  @Example
  void aWorseCanaryIsReturnedAndASoundOnePromoted() {
    CanaryTrial test = new CanaryTrial(MARGIN, 0.95);
    assertThat(verdict(test, 0.01, 0.10, 3)).isEqualTo(Verdict.WORSE);
    assertThat(verdict(test, 0.001, 0.001, 4)).isEqualTo(Verdict.NOT_WORSE);
    assertThat(test.judge(0, 0, 0, 0)).isEqualTo(Verdict.OPEN);
    assertThat(test.judge(100, 0, 100, 0)).isEqualTo(Verdict.OPEN);
  }

  private static Verdict verdict(CanaryTrial test, double stable, double canary, long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    long[] calls = new long[2];
    long[] failures = new long[2];
    for (int i = 0; i < 100_000; i++) {
      int arm = random.nextInt(10) == 0 ? 1 : 0;
      calls[arm]++;
      failures[arm] += random.nextDouble() < (arm == 0 ? stable : canary) ? 1 : 0;
      Verdict verdict = test.judge(calls[0], failures[0], calls[1], failures[1]);
      if (verdict != Verdict.OPEN) {
        return verdict;
      }
    }
    return Verdict.OPEN;
  }
}
