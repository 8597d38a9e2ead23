package io.millrace.topologies.scaling.logic;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.time.Duration;
import org.junit.jupiter.api.Test;

class UtilisationRuleTest {
  private static final Duration WINDOW = Duration.ofSeconds(10);

  private final UtilisationRule rule = new UtilisationRule(WINDOW, 2);
  private long number;

  private double next(double rate, double queued) {
    return rule.next(new PoolWindow(number++, rate, 100, 1, queued, false));
  }

  @Test
  void seventyPercentOfTheReplicasAreUsed() {
    // 70/s of 100 ms are 7 slots, of 10.
    assertThat(next(70, 0)).isCloseTo(5, within(1e-9));
  }

  @Test
  void whatWaitsCountsAsWhatCame() {
    assertThat(next(35, 350)).isCloseTo(5, within(1e-9));
  }

  @Test
  void aChangeOfLessThanATenthIsNone() {
    next(70, 0);
    assertThat(next(76, 0)).isCloseTo(5, within(1e-9));
    assertThat(next(78, 0)).isGreaterThan(5.5);
  }

  @Test
  void fewerOnlyAfterFiveMinutes() {
    next(70, 0);
    for (int i = 1; i < 30; i++) {
      assertThat(next(7, 0)).isCloseTo(5, within(1e-9));
    }
    assertThat(next(7, 0)).isCloseTo(0.5, within(1e-9));
  }

  @Test
  void aWindowInWhichNothingEndedIsServedAsSlowlyAsTheLast() {
    next(70, 0);
    assertThat(rule.next(new PoolWindow(number, 140, 0, 1, 0, false))).isCloseTo(10, within(1e-9));
  }
}
