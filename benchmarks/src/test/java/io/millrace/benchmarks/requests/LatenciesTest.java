package io.millrace.benchmarks.requests;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.util.List;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.DoubleRange;
import net.jqwik.api.constraints.LongRange;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;

class LatenciesTest {

  @Test
  void percentilesAreThoseOfTheNearestRank() {
    Latencies latencies = new Latencies();
    for (int ms = 100; ms >= 1; ms--) {
      latencies.add(ms * 1_000_000L);
    }

    assertThat(latencies.percentileMillis(0.50)).isEqualTo(50);
    assertThat(latencies.percentileMillis(0.99)).isEqualTo(99);
    assertThat(latencies.percentileMillis(1)).isEqualTo(100);
    assertThat(latencies.percentileMillis(0.001)).isEqualTo(1);
  }

  @Test
  void whatIsAddedAfterAPercentileCounts() {
    Latencies latencies = new Latencies();
    latencies.add(2_000_000);
    assertThat(latencies.percentileMillis(0.5)).isEqualTo(2);

    latencies.add(1_000_000);

    assertThat(latencies.percentileMillis(0.5)).isEqualTo(1);
  }

  @Test
  void noLatenciesHaveNoPercentile() {
    assertThat(new Latencies().percentileMillis(0.5)).isNaN();
  }

  @Test
  void aShareOutsideOfZeroToOneIsRefused() {
    Latencies latencies = new Latencies();

    assertThatIllegalArgumentException().isThrownBy(() -> latencies.percentileMillis(0));
    assertThatIllegalArgumentException().isThrownBy(() -> latencies.percentileMillis(50));
    assertThatIllegalArgumentException().isThrownBy(() -> latencies.percentileMillis(Double.NaN));
  }

  @Property(tries = 200)
  void atLeastTheShareLiesAtOrBelowThePercentileAndLessBelowIt(
      @ForAll @Size(min = 1, max = 9_000) List<@LongRange(min = 0, max = 1_000) Long> millis,
      @ForAll @DoubleRange(min = 0.01, max = 1) double share) {
    Latencies latencies = new Latencies();
    millis.forEach(ms -> latencies.add(ms * 1_000_000));

    double percentile = latencies.percentileMillis(share);

    assertThat(latencies.count()).isEqualTo(millis.size());
    assertThat(millis.stream().filter(ms -> ms <= percentile).count())
        .isGreaterThanOrEqualTo((long) Math.floor(share * millis.size()));
    assertThat(millis.stream().filter(ms -> ms < percentile).count())
        .isLessThan((long) Math.ceil(share * millis.size()));
  }
}
