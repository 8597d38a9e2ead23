package io.millrace.benchmarks.scaling;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.offset;

import java.time.Duration;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.function.IntToDoubleFunction;
import org.junit.jupiter.api.Test;

/** Small loads through the production classes and the rules they are compared with. */
class ScalingReplayTest {
  private static final Duration WINDOW = Duration.ofMinutes(10);
  private static final ScalingReplay.Settings SETTINGS =
      new ScalingReplay.Settings(
          1, Duration.ZERO, 10, 100, 200, 0.95, Duration.ofMinutes(5), false);

  private static Map<String, ScalingReplay.Outcome> policies(
      int windows, IntToDoubleFunction rate) {
    double[] rates = new double[windows];
    for (int i = 0; i < windows; i++) {
      rates[i] = rate.applyAsDouble(i);
    }
    Trace trace = new Trace(WINDOW, 0, rates, new double[0], new double[0], 0);
    return new ScalingReplay(trace, SETTINGS, line -> {}).run().policies();
  }

  @Test
  void theOracleHasExactlyWhatIsNeededAndTheOthersMore() {
    Map<String, ScalingReplay.Outcome> policies = policies(600, i -> 100);

    assertThat(policies).containsOnlyKeys("millrace", "persistence", "reactive", "oracle");
    assertThat(policies.get("oracle").costRatio()).isEqualTo(1);
    assertThat(policies.get("oracle").replicaHours()).isCloseTo(10 * 300 / 6.0, offset(1e-6));
    assertThat(policies.values())
        .allSatisfy(
            outcome -> {
              assertThat(outcome.windowsShortPct()).isZero();
              assertThat(outcome.latePct()).isZero();
              assertThat(outcome.costRatio()).isBetween(1.0, 1.5);
            });
  }

  @Test
  void aLoadThatComesAndGoesByTheHourIsMetForLessThanTheLastValueNeeds() {
    SplittableRandom random = new SplittableRandom(1);
    Map<String, ScalingReplay.Outcome> policies =
        policies(1_200, i -> (i % 6 == 3 ? 200 : 100) * random.nextDouble(0.97, 1.03));

    assertThat(policies.get("millrace").windowsShortPct()).isLessThanOrEqualTo(1);
    assertThat(policies.get("millrace").costRatio())
        .isLessThan(0.8 * policies.get("persistence").costRatio());
  }

  @Test
  void noTrafficAtAllIsNoError() {
    assertThat(policies(20, i -> 0).values())
        .allSatisfy(
            outcome -> {
              assertThat(outcome.costRatio()).isZero();
              assertThat(outcome.latePct()).isZero();
              assertThat(outcome.replicaHours()).isFinite();
            });
  }

  @Test
  void whoComesWhenAllSlotsAreTakenWaitsItsTurn() {
    double[] arrivals = {0, 0, 0, 0.5};
    // Two slots of one second, half a second of patience: the third waits one, the last half.
    Waiting queue = new Waiting.Queue(arrivals, 10, 2, 1, 1, 1.5, new double[0]);

    assertThat(queue.serve(1)).isEqualTo(new Waiting.Served(4, 1, 0));
  }

  @Test
  void whoTakesLongerMayWaitLess() {
    double[] arrivals = {0, 0, 0, 0};
    // Two slots: the first two take 1 s, the third waits that and takes 0.4 s, the last 0.6 s.
    Waiting queue = new Waiting.Queue(arrivals, 10, 2, 1, 1, 1.5, new double[] {1, 1, 0.4, 0.6});

    assertThat(queue.serve(1)).isEqualTo(new Waiting.Served(4, 1, 0));
  }
}
