package io.millrace.benchmarks.scaling;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.offset;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
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
  void withoutALoadToCompareWithTheCostIsUnknown() {
    assertThat(policies(100, i -> i < 50 ? 0 : 100).values())
        .allSatisfy(outcome -> assertThat(outcome.costRatio()).isNull());
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

  /** An hour of 5.5 arrivals a second on average, alone or in groups, by a rate that wanders. */
  private static Trace wandering(long seed, double deviation, double seconds, double group) {
    Random random = new Random(seed);
    double log = deviation * random.nextGaussian();
    double[] rates = new double[360];
    List<Double> arrivals = new ArrayList<>();
    for (int second = 0; second < 10 * rates.length; second++) {
      log += -log / seconds + deviation * Math.sqrt(2 / seconds) * random.nextGaussian();
      double groups = 5.5 / group * Math.exp(log - deviation * deviation / 2);
      double at = second - Math.log(1 - random.nextDouble()) / groups;
      while (at < second + 1) {
        do {
          arrivals.add(at);
          rates[second / 10] += 0.1;
        } while (random.nextDouble() < 1 - 1 / group);
        at -= Math.log(1 - random.nextDouble()) / groups;
      }
    }
    double[] all = arrivals.stream().mapToDouble(Double::doubleValue).toArray();
    double[] weights = new double[all.length];
    Arrays.fill(weights, 1);
    return new Trace(Duration.ofSeconds(10), 1_000, rates, all, weights, 0);
  }

  @Test
  void whereOnlyTheLevelCanBeForetoldFewerAreLateThanByUtilisationForTheSameHours() {
    double[] late = new double[2];
    double[] hours = new double[2];
    long seed = 0;
    for (double deviation : new double[] {0, 0.1, 0.2}) {
      for (double seconds : new double[] {60, 600}) {
        for (double group : new double[] {1, 1.2}) {
          for (int i = 0; i < 2; i++) {
            Trace trace = wandering(++seed, deviation, seconds, group);
            for (double rps : new double[] {0.5, 1, 2}) {
              for (int startUp : new int[] {0, 30, 60}) {
                ScalingReplay.Settings settings =
                    new ScalingReplay.Settings(
                        1,
                        Duration.ofSeconds(startUp),
                        rps,
                        500,
                        1_000,
                        0.95,
                        Duration.ofMinutes(5),
                        false);
                Map<String, ScalingReplay.Outcome> policies =
                    new ScalingReplay(trace, settings, line -> {}).run().policies();
                for (int p = 0; p < 2; p++) {
                  ScalingReplay.Outcome of = policies.get(p == 0 ? "millrace" : "reactive");
                  late[p] += of.latePct();
                  hours[p] += of.replicaHours();
                }
              }
            }
          }
        }
      }
    }
    assertThat(late[0]).isLessThan(0.95 * late[1]);
    assertThat(hours[0]).isLessThan(1.005 * hours[1]);
  }

  @Test
  void noTrafficAtAllIsNoError() {
    assertThat(policies(20, i -> 0).values())
        .allSatisfy(
            outcome -> {
              assertThat(outcome.costRatio()).isNull();
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
