package io.millrace.topologies.scaling.logic;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.PriorityQueue;
import java.util.SplittableRandom;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.DoubleRange;
import org.junit.jupiter.api.Test;

class StaffingTest {
  @Test
  void oneServerWaitsAsTheoryHasIt() {
    // M/M/1: P(W > t) = ρ e^(−(1−ρ) t).
    assertThat(Staffing.waitingLonger(1, 0.8, 1, 0)).isCloseTo(0.8, within(1e-9));
    assertThat(Staffing.waitingLonger(1, 0.8, 1, 5)).isCloseTo(0.8 * Math.exp(-1), within(1e-9));
  }

  @Test
  void erlangsCIsThatOfTheTables() {
    assertThat(Staffing.waitingLonger(10, 8, 1, 0)).isCloseTo(0.4092, within(1e-4));
  }

  @Test
  void manyServersGoOverToTheLimitWithoutAStep() {
    double exact = Staffing.waitingLonger(5_000, 4_950, 1, 0);
    double limit = Staffing.waitingLonger(5_001, 4_951, 1, 0);
    assertThat(limit).isCloseTo(exact, within(0.02));
  }

  @Test
  void theWaitsOfASimulatedQueueAreThoseThatWereAskedFor() {
    double load = 12;
    int servers = (int) Math.ceil(Staffing.servers(load, 0, 1, 0.3, 0.05));
    SplittableRandom random = new SplittableRandom(11);
    PriorityQueue<Double> free = new PriorityQueue<>();
    for (int i = 0; i < servers; i++) {
      free.add(0.0);
    }
    double now = 0;
    int late = 0;
    int calls = 400_000;
    for (int i = 0; i < calls; i++) {
      now += -Math.log(1 - random.nextDouble()) / load;
      double start = Math.max(now, free.remove());
      late += start - now > 0.3 ? 1 : 0;
      free.add(start - Math.log(1 - random.nextDouble()));
    }
    assertThat((double) late / calls).isLessThan(0.05);
    assertThat(Staffing.waitingLonger(servers - 1, load, 1, 0.3)).isGreaterThan(0.05);
  }

  @Property
  void moreLoadVariabilityOrHasteNeverNeedFewer(
      @ForAll @DoubleRange(min = 0.01, max = 20_000) double load,
      @ForAll @DoubleRange(min = 0.1, max = 20) double variability,
      @ForAll @DoubleRange(max = 10) double wait) {
    double servers = Staffing.servers(load, 0, variability, wait, 0.05);
    int whole = (int) Math.ceil(servers);
    assertThat(servers).isGreaterThanOrEqualTo(load);
    assertThat(Staffing.waitingLonger(whole, load, variability, wait)).isLessThanOrEqualTo(0.05);
    assertThat(Staffing.servers(load, 0, variability * 2, wait, 0.05))
        .isGreaterThanOrEqualTo(servers);
    assertThat(Staffing.servers(load, 0, variability, wait / 2, 0.05))
        .isGreaterThanOrEqualTo(servers);
    assertThat(Staffing.servers(load, 0, variability, wait, 0.01)).isGreaterThanOrEqualTo(servers);
    assertThat(Staffing.servers(load, load / 5, variability, wait, 0.01))
        .isGreaterThanOrEqualTo(Staffing.servers(load, 0, variability, wait, 0.01));
  }

  @Test
  void aLoadThatIsOnlyExpectedNeedsServersForWhatItMayBe() {
    SplittableRandom random = new SplittableRandom(5);
    double late = 0;
    int draws = 20_000;
    double servers = Staffing.servers(50, 6, 0.5, 0.2, 0.002);
    for (int i = 0; i < draws; i++) {
      double load = Math.max(0, 50 + 6 * random.nextGaussian());
      late += Staffing.waitingLonger((int) Math.ceil(servers), load, 0.5, 0.2);
    }
    assertThat(late / draws).isBetween(0.0005, 0.0035);
    assertThat(servers).isGreaterThan(60);
  }

  @Test
  void withoutLoadNobodyIsNeeded() {
    assertThat(Staffing.servers(0, 0, 1, 1, 0.05)).isZero();
  }
}
