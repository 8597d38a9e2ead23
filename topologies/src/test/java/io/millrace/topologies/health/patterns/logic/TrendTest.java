package io.millrace.topologies.health.patterns.logic;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Random;
import java.util.function.IntToDoubleFunction;
import java.util.stream.IntStream;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.DoubleRange;

class TrendTest {

  private static Trend of(int n, IntToDoubleFunction value) {
    double[] times = IntStream.range(0, n).mapToDouble(i -> i).toArray();
    Trend trend = Trend.of(times, IntStream.range(0, n).mapToDouble(value).toArray());
    assertThat(trend).isNotNull();
    return trend;
  }

  @Property(tries = 200)
  void aLineHasItsSlopeAndIsNoStep(
      @ForAll @DoubleRange(min = 0.01, max = 2) double slope, @ForAll long seed) {
    Random random = new Random(seed);
    Trend trend = of(30, i -> slope * (i + 0.3 * random.nextGaussian()));

    assertThat(trend.slope()).isCloseTo(slope, within(0.1 * slope));
    assertThat(trend.z()).isGreaterThan(6);
    assertThat(trend.nats()).isGreaterThan(5);
  }

  @Property(tries = 200)
  void aStepIsNoLine(@ForAll long seed) {
    Random random = new Random(seed);
    int at = 10 + random.nextInt(10);

    assertThat(of(30, i -> (i < at ? 0 : 1) + 0.1 * random.nextGaussian()).nats()).isNegative();
  }

  @Property(tries = 200)
  void noiseHasNoTrend(@ForAll long seed) {
    Random random = new Random(seed);

    assertThat(Math.abs(of(30, i -> random.nextGaussian()).z())).isLessThan(4.5);
  }

  @Example
  void itIsThatOfMannsTest() {
    // Ten values in order: S = 45, variance 125.
    assertThat(of(10, i -> i).z()).isCloseTo(44 / Math.sqrt(125), within(1e-9));
  }

  @Example
  void tooFewValuesHaveNone() {
    assertThat(Trend.of(new double[] {1, 2, 3}, new double[] {1, 2, 3})).isNull();
  }
}
