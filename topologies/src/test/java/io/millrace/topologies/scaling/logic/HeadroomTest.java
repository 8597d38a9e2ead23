package io.millrace.topologies.scaling.logic;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.SplittableRandom;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class HeadroomTest {
  /** Whatever the errors, few windows are short: also when they become heavier half way. */
  @ParameterizedTest
  @CsvSource({"false,1,1", "true,1,1", "false,1,4", "true,1,4", "true,3,1"})
  void fewWindowsAreShortAndTheMarginFollowsTheErrors(
      boolean bySpread, double before, double after) {
    SplittableRandom random = new SplittableRandom(5);
    Headroom headroom = new Headroom(1, bySpread);
    int windows = 8_000;
    double provided = Double.MAX_VALUE;
    int missed = 0;
    double surplus = 0;
    for (int t = 0; t < windows; t++) {
      double spread = 5 * (t < windows / 2 ? before : after);
      double rate = 100 - spread * Math.log(1 - random.nextDouble());
      missed += rate > provided ? 1 : 0;
      surplus += t < 100 ? 0 : (provided - rate) / spread;
      provided = headroom.next(rate, 100);
    }
    assertThat((double) missed / windows).isLessThanOrEqualTo(0.01);
    assertThat(surplus / windows).isLessThan(12);
  }
}
