package io.millrace.topologies.scaling.logic;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.millrace.events.ScalingPolicy;
import io.millrace.topologies.memory.logic.Memory;
import java.time.Duration;
import java.util.List;
import java.util.SplittableRandom;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.DoubleRange;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;

class PoolScalerTest {
  private static final Duration WINDOW = Duration.ofSeconds(10);

  private static ScalingRules rules(boolean toZero, int max) {
    return rules(toZero ? 0 : 2, toZero, max);
  }

  private static ScalingRules rules(int min, boolean toZero, int max) {
    return new ScalingRules(
        min,
        max,
        toZero,
        Duration.ofMillis(200),
        0.95,
        Duration.ofSeconds(10),
        Duration.ofSeconds(60),
        10,
        0);
  }

  private static ScalingRules starting(Duration startUp, Duration coolDown) {
    return new ScalingRules(2, 200, false, Duration.ofMillis(200), 0.95, startUp, coolDown, 10, 0);
  }

  private static PoolWindow window(long number, double rate) {
    return new PoolWindow(number, rate, 100, 1, 0, false);
  }

  private static Scaling run(PoolScaler scaler, long from, int windows, double rate) {
    Scaling last = scaler.next(window(from, rate));
    for (int i = 1; i < windows; i++) {
      last = scaler.next(window(from + i, rate));
    }
    return last;
  }

  @Test
  void aSteadyLoadGetsWhatItNeedsAndLittleMore() {
    // 500/s at 100 ms are 50 servers, five replicas of ten slots.
    Scaling decision = run(PoolScaler.of(rules(false, 50), WINDOW), 0, 300, 500);

    assertThat(decision.replicas()).isBetween(6, 8);
    assertThat(decision.panic()).isFalse();
    assertThat(decision.reason()).contains("500.0/s");
  }

  @Test
  void aBurstOfTenfoldIsAPanicAndIsAnsweredAtOnce() {
    PoolScaler scaler = PoolScaler.of(rules(false, 200), WINDOW);
    run(scaler, 0, 300, 100);

    Scaling decision = scaler.next(window(300, 1_000));

    assertThat(decision.panic()).isTrue();
    assertThat(decision.replicas()).isGreaterThanOrEqualTo(10);
  }

  @Test
  void fewerOnlyAfterTheCoolDownAndTheReasonSaysSo() {
    ScalingRules slow = starting(Duration.ofSeconds(50), Duration.ofSeconds(40));
    PoolScaler scaler = PoolScaler.of(slow, WINDOW);
    int high = run(scaler, 0, 300, 1_000).replicas();
    Scaling held = run(scaler, 300, 3, 100);
    assertThat(held.replicas()).as("1,000/s keep ten busy").isGreaterThan(10);
    assertThat(held.rejected()).isLessThan(held.replicas());
    assertThat(held.rejectedReason()).contains("cool-down");

    assertThat(run(scaler, 303, 60, 100).replicas()).isLessThan(high / 2);
  }

  @Test
  void moreThanTheObjectiveNeedsButNoMoreThanSeventyPercentUtilisation() {
    // Forty slots are busy. Half of the calls may be late, so that hardly more are needed.
    ScalingRules lax =
        new ScalingRules(
            1,
            200,
            false,
            Duration.ofMillis(120),
            0.5,
            Duration.ofSeconds(10),
            Duration.ofSeconds(60),
            1,
            0);
    PoolScaler scaler = PoolScaler.of(lax, WINDOW);
    SplittableRandom random = new SplittableRandom(4);
    UtilisationRule rule = new UtilisationRule(WINDOW, 1);
    double exact = 0;
    double rules = 0;
    Scaling last = null;
    for (int i = 0; i < 1_000; i++) {
      PoolWindow seen = window(i, random.nextDouble(360, 440));
      last = scaler.next(seen);
      double replicas = rule.next(seen);
      exact += i < 300 ? 0 : last.exact();
      rules += i < 300 ? 0 : replicas;
    }
    assertThat(exact / rules).isBetween(0.9, 1.01);
    assertThat(last).isNotNull();
    assertThat(last.reason()).contains("hardly any is late");
    assertThat(last.rejected()).isBetween(40, last.replicas() - 1);
    assertThat(last.rejectedReason()).contains("70 %");
  }

  @Test
  void itsMaximumHoldsAndTheRejectedNumberIsSaid() {
    Scaling decision = run(PoolScaler.of(rules(false, 3), WINDOW), 0, 100, 900);

    assertThat(decision.replicas()).isEqualTo(3);
    assertThat(decision.rejected()).isGreaterThan(9);
    assertThat(decision.rejectedReason()).contains("maximum");
  }

  @Test
  void withoutWorkAPoolGoesToZeroOnlyIfItMay() {
    assertThat(run(PoolScaler.of(rules(false, 50), WINDOW), 0, 50, 0).replicas()).isEqualTo(2);
    assertThat(run(PoolScaler.of(rules(true, 50), WINDOW), 0, 50, 0).replicas()).isZero();
  }

  @Test
  void aPoolSleepsOnlyAfterTheCoolDownAndWakesAtOnce() {
    PoolScaler scaler = PoolScaler.of(rules(2, true, 50), WINDOW);
    run(scaler, 0, 100, 300);

    assertThat(run(scaler, 100, 5, 0).replicas()).isGreaterThanOrEqualTo(2);
    Scaling asleep = run(scaler, 105, 5, 0);
    assertThat(asleep.replicas()).isZero();
    assertThat(asleep.reason()).contains("may have none");
    assertThat(scaler.next(window(110, 300)).replicas()).isGreaterThanOrEqualTo(2);
  }

  @Test
  void aPoolThatMayHaveNoneKeepsItsFewestUntilTheCoolDownHasPassed() {
    for (int min : new int[] {0, 2}) {
      ScalingRules sleepy = rules(min, true, 50);
      int fewest = Math.max(1, min);
      PoolScaler scaler = PoolScaler.of(sleepy, WINDOW);
      run(scaler, 0, 50, 300);
      assertThat(run(scaler, 50, 5, 0).replicas()).isGreaterThanOrEqualTo(fewest);
      assertThat(run(scaler, 55, 50, 0).replicas()).isZero();

      Scaling woken = scaler.wake();
      assertThat(woken.replicas()).isEqualTo(fewest);
      assertThat(woken.reason()).isEqualTo("it is asked for and has no workers");
      int start = sleepy.lead(WINDOW);
      assertThat(run(scaler, 105, start + 5, 0).replicas()).isEqualTo(fewest);
      assertThat(run(scaler, 110 + start, 1, 0).replicas()).isZero();
    }
  }

  @Test
  void aPoolInWhichSomethingRunsIsNotPutToSleep() {
    PoolScaler scaler = PoolScaler.of(rules(true, 50), WINDOW);
    for (int i = 0; i < 200; i++) {
      assertThat(scaler.next(new PoolWindow(i, 0, 0, 1, 0, true)).replicas()).isEqualTo(1);
    }
    assertThat(run(scaler, 200, 100, 0).replicas()).isZero();
  }

  @Test
  void whatCanSoonBeHadAgainIsGivenUpLongBeforeALongCoolDown() {
    ScalingRules slow = starting(Duration.ofSeconds(10), Duration.ofHours(1));
    PoolScaler scaler = PoolScaler.of(slow, WINDOW);
    int high = run(scaler, 0, 300, 1_000).replicas();

    assertThat(run(scaler, 300, 1, 100).replicas()).as("1,000/s keep ten busy").isGreaterThan(10);
    assertThat(run(scaler, 301, 60, 100).replicas()).isLessThan(high / 2);
  }

  @Test
  void theExcessThatTheObjectiveLeavesTimeForNeedsNoReplicas() {
    ScalingRules patient =
        new ScalingRules(
            2,
            50,
            false,
            Duration.ofMillis(10_100),
            0.95,
            Duration.ofSeconds(10),
            Duration.ofSeconds(60),
            10,
            0);

    assertThat(run(PoolScaler.of(patient, WINDOW), 0, 20, 500).exact())
        .isLessThan(0.7 * run(PoolScaler.of(rules(false, 50), WINDOW), 0, 20, 500).exact());
  }

  @Test
  void whatWaitsIsWorkedOff() {
    PoolScaler scaler = PoolScaler.of(rules(false, 50), WINDOW);
    int before = run(scaler, 0, 300, 500).replicas();

    Scaling decision = scaler.next(new PoolWindow(300, 500, 100, 1, 2_000, false));

    assertThat(decision.replicas()).isGreaterThan(before);
  }

  @Test
  void whatIsLearntOfTheLongestStartUpFitsIntoAMemory() {
    ScalingRules longest =
        ScalingRules.of(
            ScalingPolicy.newBuilder().setStartUpMs(Long.MAX_VALUE).setCoolDownMs(0).build());
    PoolScaler scaler = PoolScaler.of(longest, WINDOW);
    for (int i = 0; i < 2_000; i++) {
      scaler.next(window(i, 100));
    }
    assertThat(longest.startUp()).isEqualTo(Duration.ofHours(1));
    assertThat(memory(scaler).length).isLessThan(Memory.BYTES_MAX / 4);
  }

  private static byte[] memory(PoolScaler scaler) {
    return Memory.write((byte) 1, scaler::remember);
  }

  private static PoolScaler recalled(ScalingRules rules, byte[] memory) {
    PoolScaler scaler = PoolScaler.of(rules, WINDOW);
    Memory.read(memory, (byte) 1, scaler::remember);
    return scaler;
  }

  @Property(tries = 20)
  void oneThatRemembersDecidesAsIfNothingHadHappened(
      @ForAll long seed, @ForAll @IntRange(min = 100, max = 1_000) int windows) {
    SplittableRandom random = new SplittableRandom(seed);
    double[] rates = random.doubles(windows + 60, 200, 900).toArray();
    PoolScaler steady = PoolScaler.of(rules(false, 500), WINDOW);
    for (int i = 0; i < windows; i++) {
      steady.next(window(i, rates[i]));
    }
    byte[] memory = memory(steady);
    PoolScaler restarted = recalled(rules(false, 500), memory);

    assertThat(memory).hasSizeLessThan(16 << 10);
    // What regressions were about to learn from is forgotten, so that single decisions differ.
    double all = 0;
    double allRestarted = 0;
    for (int i = windows; i < rates.length; i++) {
      double exact = steady.next(window(i, rates[i])).exact();
      all += exact;
      allRestarted += restarted.next(window(i, rates[i])).exact();
    }
    assertThat(allRestarted / all).isBetween(0.8, 1.25);
  }

  @Test
  void whatComesEveryHourIsRememberedAcrossWindowsThatAreMissing() {
    int hour = 360;
    PoolScaler scaler = PoolScaler.of(rules(false, 500), WINDOW);
    int now = 0;
    for (; now < 12 * hour - 20; now++) {
      scaler.next(window(now, now % hour < 30 ? 900 : 300));
    }
    // It is away for three minutes, until just before the hour.
    PoolScaler restarted = recalled(rules(false, 500), memory(scaler));
    restarted.next(window(now + 18, 300));
    Scaling onTheHour = restarted.next(window(now + 19, 300));

    assertThat(onTheHour.provided()).isGreaterThan(600);
  }

  @Test
  void whatLooksAnotherTimeAheadIsNotRead() {
    byte[] memory = memory(PoolScaler.of(rules(false, 500), WINDOW));
    ScalingRules slower =
        new ScalingRules(
            2,
            500,
            false,
            Duration.ofMillis(200),
            0.95,
            Duration.ofSeconds(90),
            Duration.ofSeconds(60),
            10,
            0);

    assertThatIllegalArgumentException()
        .isThrownBy(() -> recalled(slower, memory))
        .withMessage("looks 2 windows ahead, not 10");
  }

  @Property(tries = 60)
  void decisionsStayWithinBoundsWhateverComes(
      @ForAll @Size(min = 1, max = 200) List<@DoubleRange(max = 1e7) Double> rates) {
    PoolScaler scaler = PoolScaler.of(rules(false, 50), WINDOW);
    long number = 0;
    for (double rate : rates) {
      Scaling decision = scaler.next(window(number++, rate));
      assertThat(decision.replicas()).isBetween(2, 50);
      assertThat(decision.provided()).isFinite();
    }
  }
}
