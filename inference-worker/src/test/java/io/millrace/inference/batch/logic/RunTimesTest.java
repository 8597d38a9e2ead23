package io.millrace.inference.batch.logic;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.data.Percentage.withPercentage;

import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RunTimesTest {

  @Property(tries = 100)
  void theTwoPartsAreFoundInNoise(
      @ForAll @IntRange(min = 1, max = 50) int perRun,
      @ForAll @IntRange(min = 1, max = 50) int perRow,
      @ForAll int seed) {
    RunTimes times = new RunTimes();
    Random random = new Random(seed);
    for (int i = 0; i < 400; i++) {
      int rows = 1 + random.nextInt(32);
      double exact = (perRun + perRow * rows) * 1_000.0;
      times.add(rows, (long) (exact * (0.99 + random.nextDouble() * 0.02)));
    }
    assertThat(times.known()).isTrue();
    assertThat(times.perRow()).isCloseTo(perRow * 1_000.0, withPercentage(5));
    assertThat(times.of(16)).isCloseTo((perRun + perRow * 16) * 1_000.0, withPercentage(5));
  }

  @Test
  void runsOfOneSizeDoNotTellTheParts() {
    RunTimes times = new RunTimes();
    for (int i = 0; i < 100; i++) {
      times.add(4, 1_000);
    }
    assertThat(times.known()).isFalse();
    assertThat(times.enough(0.05)).isEqualTo(Integer.MAX_VALUE);
    assertThat(times.of(1)).isCloseTo(1_000, withPercentage(0.1));
  }

  @Test
  void theEstimateFollowsAMachineThatBecomesSlower() {
    RunTimes times = new RunTimes();
    for (int i = 0; i < 1_000; i++) {
      times.add(1 + i % 8, 1_000L * (1 + i % 8));
    }
    for (int i = 0; i < 300; i++) {
      times.add(1 + i % 8, 3_000L * (1 + i % 8));
    }
    assertThat(times.perRow()).isCloseTo(3_000, withPercentage(5));
  }

  @ParameterizedTest
  @CsvSource({"0.01, 8", "0.03, 8", "0.05, 4", "0.10, 2", "0.25, 1"})
  void enoughIsTheSmallestSizeThatIsHardlyDearerThanTheBest(double share, int rows) {
    RunTimes times = new RunTimes();
    // As measured of the language model of the benchmarks: from 8 rows on the caches are too small.
    int[] microsPerRow = {6_100, 5_380, 5_130, 4_920, 5_200, 5_400};
    for (int i = 0; i < 100; i++) {
      for (int size = 0; size < microsPerRow.length; size++) {
        times.add(1 << size, (1_000L << size) * microsPerRow[size]);
      }
    }
    assertThat(times.enough(share)).isEqualTo(rows);
  }

  @Test
  void whileTheLargestRunsAreTheBestLargerOnesMayBeBetterYet() {
    RunTimes times = new RunTimes();
    for (int rows = 1; rows <= 16; rows++) {
      times.add(rows, 1_000 + 100L * rows);
    }
    assertThat(times.enough(0.1)).isEqualTo(Integer.MAX_VALUE);
  }

  @Test
  void theBestSizeStaysKnownWhileAllRunsHaveIt() {
    RunTimes times = new RunTimes();
    for (int rows = 1; rows <= 16; rows *= 2) {
      times.add(rows, 900L * rows + 100L * rows * Math.abs(rows - 4));
    }
    for (int i = 0; i < 1_000; i++) {
      times.add(4, 3_600);
    }
    assertThat(times.enough(0.03)).isEqualTo(4);
  }
}
