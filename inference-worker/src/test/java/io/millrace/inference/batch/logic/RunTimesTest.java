package io.millrace.inference.batch.logic;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.data.Percentage.withPercentage;

import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;

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

  @Test
  void enoughIsWhereTheFixedPartIsTheShareAskedFor() {
    RunTimes times = new RunTimes();
    for (int rows = 1; rows <= 16; rows++) {
      times.add(rows, 1_000 + 100L * rows);
    }
    // 1,000 of 1,000 + 100·90 is a tenth.
    assertThat(times.enough(0.1)).isBetween(89, 91);
  }
}
