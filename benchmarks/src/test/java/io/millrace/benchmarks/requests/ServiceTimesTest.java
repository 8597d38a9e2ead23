package io.millrace.benchmarks.requests;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.Map;
import org.junit.jupiter.api.Test;

class ServiceTimesTest {
  private final ServiceTimes times = new ServiceTimes(Map.of(10, 1.0, 20, 3.0, 40, 5.0));

  @Test
  void betweenLengthsThatWereMeasuredItGoesStraight() {
    assertThat(times.of(10)).isEqualTo(1);
    assertThat(times.of(15)).isEqualTo(2);
    assertThat(times.of(20)).isEqualTo(3);
    assertThat(times.of(30)).isEqualTo(4);
    assertThat(times.of(40)).isEqualTo(5);
  }

  @Test
  void beyondThemTheOuterLinesGoOn() {
    assertThat(times.of(5)).isEqualTo(0);
    assertThat(times.of(50)).isEqualTo(6);
  }

  @Test
  void theFactorGivesTheMeanThatIsAskedFor() {
    double[] lengths = {100, 200, 400};
    double factor = times.scale(lengths, 1_000, 3);
    assertThat(times.mean(lengths, 1_000, factor)).isCloseTo(3, within(0.1));
  }

  @Test
  void aMeanOutOfReachLeavesTheLengthsAsTheyAre() {
    assertThat(times.scale(new double[] {15, 25}, 40, 100)).isEqualTo(1);
  }

  @Test
  void lengthsStayWithinWhatTheModelTakes() {
    assertThat(ServiceTimes.scaled(1_000, 512, 0.9)).isEqualTo(512);
    assertThat(ServiceTimes.scaled(3, 512, 0.01)).isEqualTo(1);
    assertThat(ServiceTimes.scaled(100, 512, 0.256)).isEqualTo(26);
  }

  @Test
  void oneLengthIsNotEnough() {
    assertThatThrownBy(() -> new ServiceTimes(Map.of(1, 1.0)))
        .hasMessageContaining("expected two lengths or more");
  }
}
