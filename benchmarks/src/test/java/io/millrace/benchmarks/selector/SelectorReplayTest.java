package io.millrace.benchmarks.selector;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.topologies.selector.logic.SelectorPolicy;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;

class SelectorReplayTest {
  private static SelectorReplay.Report replay(long seed, long requests) {
    return new SelectorReplay(
            new SelectorReplay.Settings(seed, requests, 0, false, SelectorPolicy.defaults()),
            line -> {})
        .run();
  }

  @Test
  void hindsightViolatesNothingAndCostsWhatItCosts() {
    SelectorReplay.Report report = replay(4, 50_000);
    SelectorReplay.Outcome fixed = report.policies().get("best_fixed");

    assertThat(fixed.costRatio()).isEqualTo(1);
    assertThat(fixed.qualityViolationsPct()).isZero();
    assertThat(fixed.latencyViolationsPct()).isZero();
    assertThat(fixed.explorationPct()).isZero();
    assertThat(report.policies().get("best_of_phases").costRatio()).isLessThanOrEqualTo(1.01);
    assertThat(report.policies().get("always_largest").qualityViolationsPct()).isZero();
    assertThat(report.policies().get("always_largest").costRatio()).isGreaterThan(1);
    assertThat(report.policies().get("always_smallest").costRatio()).isLessThan(1.01);
    assertThat(report.policies().get("random").qualityViolationsPct()).isPositive();
  }

  @Test
  void theSameSeedGivesTheSame() {
    assertThat(replay(7, 20_000)).isEqualTo(replay(7, 20_000));
    assertThat(replay(7, 20_000)).isNotEqualTo(replay(8, 20_000));
  }

  @Test
  void theSelectorIsCheaperThanTheLargestAndKeepsToTheTargets() {
    SelectorReplay.Outcome selector = replay(4, 200_000).policies().get("selector");

    assertThat(selector.costRatio())
        .isLessThan(replay(4, 200_000).policies().get("always_largest").costRatio());
    assertThat(selector.qualityViolationsPct()).isLessThan(2);
    assertThat(selector.explorationPct()).isPositive().isLessThan(12);
  }

  @Property(tries = 50)
  void theTruthIsAsItIsDescribed(@ForAll long seed) {
    SyntheticWorld world = new SyntheticWorld(seed, 1_000, 0.95, 100, false);

    assertThat(world.driftAt()).isBetween(300L, 700L);
    for (int c = 0; c < SyntheticWorld.CLASSES; c++) {
      for (int phase = 0; phase < 2; phase++) {
        assertThat(world.agreement(phase, c, SyntheticWorld.REFERENCE)).isEqualTo(1);
        assertThat(world.fastEnough(phase, c, SyntheticWorld.REFERENCE)).isTrue();
        for (int m = 0; m < SyntheticWorld.REFERENCE; m++) {
          double agreement = world.agreement(phase, c, m);
          assertThat(agreement <= 0.93 || agreement >= 0.965).isTrue();
          assertThat(world.cost(c, m)).isLessThan(world.cost(c, SyntheticWorld.REFERENCE));
        }
      }
      int fixed = world.bestFixed(c);
      assertThat(fixed).isGreaterThanOrEqualTo(Math.max(world.best(c, 0), world.best(c, 1)));
    }
  }

  @Test
  void runsAreAsOftenInTimeAsTheTruthSays() {
    SyntheticWorld world = new SyntheticWorld(1, 1_000, 0.95, 100, false);
    Random random = new Random(2);
    for (int c = 0; c < SyntheticWorld.CLASSES; c++) {
      for (int m = 0; m < SyntheticWorld.MODELS; m++) {
        int inTime = 0;
        for (int i = 0; i < 20_000; i++) {
          inTime += world.latencyMs(0, c, m, random) <= 100 ? 1 : 0;
        }
        assertThat(inTime / 20_000.0 >= 0.95).isEqualTo(world.fastEnough(0, c, m));
      }
    }
  }
}
