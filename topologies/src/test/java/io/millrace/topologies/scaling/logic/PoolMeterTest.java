package io.millrace.topologies.scaling.logic;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.millrace.events.PoolLoad;
import io.millrace.schemas.serde.AvroSafety;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.function.DoubleSupplier;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PoolMeterTest {
  private final SplittableRandom random = new SplittableRandom(9);

  @BeforeAll
  static void avro() {
    AvroSafety.establish();
  }

  /** The variability that is measured in the end. */
  private static double measured(DoubleSupplier runMs, boolean squared) {
    PoolMeter meter = new PoolMeter();
    long done = 0;
    double sum = 0;
    double squares = 0;
    double variability = Double.NaN;
    for (int window = 0; window < 40; window++) {
      for (int i = 0; i < 500; i++) {
        double one = runMs.getAsDouble();
        done++;
        sum += one;
        squares += squared ? one * one : 0;
      }
      PoolWindow seen =
          meter.next(
              window, 10, Map.of("w", new PoolLoad("p", 8, 4, done, done, 0.0, sum, squares)));
      variability = seen == null ? variability : seen.variability();
    }
    return variability;
  }

  @Test
  void equalRunTimesVaryAsArrivalsAlone() {
    assertThat(measured(() -> 40, true)).isCloseTo(0.5, within(1e-6));
  }

  @Test
  void exponentialRunTimesAreThoseOfTheTextbook() {
    assertThat(measured(() -> -40 * Math.log(1 - random.nextDouble()), true))
        .isCloseTo(1, within(0.1));
  }

  @Test
  void fewLongOnesAmongManyVaryMuch() {
    assertThat(measured(() -> random.nextInt(100) == 0 ? 10_000 : 10, true)).isGreaterThan(20);
  }

  @Test
  void workersThatDoNotCountSquaresAreTakenToVaryAsUsual() {
    assertThat(measured(() -> 40, false)).isEqualTo(1);
  }

  /** What a worker says that has taken so many, which had waited so long. */
  private static Map<String, PoolLoad> taken(long begun, int running, double queueMs) {
    return Map.of("w", new PoolLoad("p", 8, running, begun, begun, queueMs, 0.0, 0.0));
  }

  @Test
  void whatWaitedForTheFirstWorkerIsNotTakenForABurst() {
    PoolMeter meter = new PoolMeter();
    meter.next(0, 1, Map.of());
    for (long window = 1; window <= 6; window++) {
      meter.next(window, 10, Map.of());
    }
    meter.next(7, 3, taken(0, 0, 0));
    meter.next(8, 3, taken(0, 0, 0));
    // 21 came in 70 s and were taken in 10 s.
    PoolWindow seen = meter.next(9, 10, taken(21, 1, 21 * 35_000.0));

    assertThat(seen).isNotNull();
    assertThat(seen.perSecond()).isLessThan(2 * 2.1);
  }

  @Test
  void whereASlotWasFreeNothingWaitedAndABurstIsSeenWhole() {
    PoolMeter meter = new PoolMeter();
    for (long window = 0; window <= 6; window++) {
      meter.next(window, 10, taken(1, 0, 0));
    }
    PoolWindow seen = meter.next(7, 10, taken(101, 8, 100 * 5_000.0));

    assertThat(seen).isNotNull();
    assertThat(seen.perSecond()).isEqualTo(20);
  }

  @Test
  void thereIsWorkWhereSomethingRunsOrRan() {
    PoolMeter meter = new PoolMeter();
    meter.next(0, 10, taken(0, 3, 0));
    assertThat(meter.next(1, 10, taken(0, 3, 0)).busy()).isTrue();
    assertThat(meter.next(2, 10, taken(1, 0, 0)).busy()).isTrue();
    assertThat(meter.next(3, 10, taken(1, 0, 0)).busy()).isFalse();
  }

  @Test
  void aWorkerThatCountsBackwardsTakesNothingFromTheOthers() {
    PoolMeter meter = new PoolMeter();
    PoolWindow seen = null;
    for (long window = 0; window < 3; window++) {
      PoolLoad good = new PoolLoad("p", 8, 4, 1_000 * window, 1_000 * window, 0.0, 0.0, 0.0);
      long less = window == 0 ? Long.MAX_VALUE : Long.MIN_VALUE + window;
      PoolLoad bad = new PoolLoad("p", 8, 4, less, less, 0.0, 0.0, 0.0);
      seen = meter.next(window, 10, Map.of("good", good, "bad", bad));
    }
    assertThat(seen).isNotNull();
    assertThat(seen.perSecond()).isGreaterThanOrEqualTo(100);
  }

  @ParameterizedTest
  @ValueSource(doubles = {Double.NaN, Double.POSITIVE_INFINITY, -1e300, 1e300})
  void squaresThatAreNoneSpoilNothing(double squares) {
    PoolMeter meter = new PoolMeter();
    for (int window = 0; window < 5; window++) {
      PoolWindow seen =
          meter.next(
              window,
              10,
              Map.of(
                  "w",
                  new PoolLoad(
                      "p", 8, 4, 50L * window, 50L * window, 0.0, 500.0 * window, squares)));
      if (seen != null) {
        assertThat(seen.variability()).isBetween(0.5, 100.0);
      }
    }
  }
}
