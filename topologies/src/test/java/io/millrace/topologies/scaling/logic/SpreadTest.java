package io.millrace.topologies.scaling.logic;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Random;
import org.junit.jupiter.api.Test;

class SpreadTest {
  private final Random random = new Random(2);

  @Test
  void whatChanceDoesIsNoSpread() {
    Spread spread = new Spread(1, 10);
    double last = 0;
    double sum = 0;
    for (int i = 0; i < 2_000; i++) {
      // 500 arrivals in ten seconds, by chance 22 more or fewer.
      last = spread.next(50 + random.nextGaussian() * Math.sqrt(500) / 10, 50);
      sum += i < 200 ? 0 : last;
    }
    assertThat(sum / 1_800).as("of 50/s").isLessThan(0.6);
  }

  @Test
  void whatIsMoreThanChanceIsAShareOfTheRate() {
    Spread spread = new Spread(3, 10);
    for (int i = 0; i < 2_000; i++) {
      spread.next(1_000 * (1 + 0.2 * random.nextGaussian()), 1_000);
    }
    double small = spread.next(1_000, 10);
    assertThat(spread.next(1_000, 1_000) / 1_000).isCloseTo(small / 10, within(0.01));
    assertThat(small / 10).isBetween(0.12, 0.26);
  }

  @Test
  void aLoadThatCollapsesIsNotUncertainByWhatItOnceWas() {
    Spread spread = new Spread(1, 10);
    for (int i = 0; i < 100; i++) {
      spread.next(200, 200);
    }
    assertThat(spread.next(20, 20)).isLessThan(5);
    assertThat(spread.next(0, 0)).isZero();
  }
}
