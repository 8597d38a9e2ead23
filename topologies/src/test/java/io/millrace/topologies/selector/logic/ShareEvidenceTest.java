package io.millrace.topologies.selector.logic;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.topologies.memory.logic.Memory;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.DoubleRange;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;

class ShareEvidenceTest {
  private static final double WRONG_PROOF = 0.05;

  private static ShareEvidence evidence() {
    return new ShareEvidence(0.95, WRONG_PROOF, 0.001);
  }

  @Test
  void tooSmallASharePassesNoMoreOftenThanAllowed() {
    Random random = new Random(3);
    int passed = 0;
    int runs = 400;
    for (int run = 0; run < runs; run++) {
      ShareEvidence evidence = evidence();
      boolean enough = false;
      for (int i = 0; i < 3_000 && !enough; i++) {
        evidence.take(random.nextDouble() < 0.9499);
        enough = evidence.enough();
      }
      passed += enough ? 1 : 0;
    }
    // Twice: what is found too small meanwhile begins anew, with smaller chances each time.
    assertThat((double) passed / runs).isLessThan(2 * WRONG_PROOF);
  }

  @Test
  void aGoodShareIsFoundEnoughAndStaysSo() {
    Random random = new Random(4);
    for (int run = 0; run < 50; run++) {
      ShareEvidence evidence = evidence();
      int needed = 0;
      while (!evidence.enough()) {
        evidence.take(random.nextDouble() < 0.985);
        needed++;
      }
      assertThat(needed).isLessThan(2_000);
      for (int i = 0; i < 5_000; i++) {
        assertThat(evidence.take(random.nextDouble() < 0.985)).isFalse();
      }
      assertThat(evidence.enough()).isTrue();
    }
  }

  @Test
  void aShareThatFallsIsFoundTooSmallSoon() {
    Random random = new Random(5);
    for (int run = 0; run < 50; run++) {
      ShareEvidence evidence = evidence();
      for (int i = 0; i < 2_000; i++) {
        evidence.take(true);
      }
      assertThat(evidence.doubtful()).isFalse();
      int delay = 0;
      while (!evidence.take(random.nextDouble() < 0.8)) {
        delay++;
      }
      assertThat(delay).isLessThan(300);
      assertThat(evidence.enough()).isFalse();
      assertThat(evidence.trials()).isEqualTo(2);
      assertThat(evidence.seen()).isZero();
    }
  }

  @Test
  void oneBadOutcomeIsADoubtThatGoodOnesRemove() {
    ShareEvidence evidence = evidence();
    evidence.take(false);
    assertThat(evidence.doubtful()).isTrue();
    for (int i = 0; i < 60; i++) {
      evidence.take(true);
    }
    assertThat(evidence.doubtful()).isFalse();
  }

  @Test
  void eachFurtherTrialNeedsMore() {
    ShareEvidence evidence = evidence();
    double first = evidence.needed();
    evidence.restart();
    assertThat(evidence.needed()).isGreaterThan(first);
  }

  @Property
  void whatIsPlausibleIsAShare(
      @ForAll @IntRange(max = 50) int good,
      @ForAll @IntRange(max = 50) int bad,
      @ForAll @DoubleRange(min = -9, max = 9) double gaussian) {
    ShareEvidence evidence = evidence();
    for (int i = 0; i < good; i++) {
      evidence.take(true);
    }
    for (int i = 0; i < bad; i++) {
      evidence.take(false);
    }
    assertThat(evidence.plausible(gaussian)).isBetween(0.0, 1.0);
    assertThat(evidence.plausible(gaussian)).isLessThanOrEqualTo(evidence.plausible(gaussian + 1));
    assertThat(evidence.evidence()).isFinite();
  }

  @Property
  void itGoesOnFromWhatItRemembers(@ForAll @IntRange(max = 500) int outcomes, @ForAll long seed) {
    Random random = new Random(seed);
    ShareEvidence one = evidence();
    for (int i = 0; i < outcomes; i++) {
      one.take(random.nextDouble() < 0.93);
    }
    ShareEvidence other = evidence();
    Memory.read(Memory.write((byte) 1, one::remember), (byte) 1, other::remember);
    for (int i = 0; i < 200; i++) {
      boolean good = random.nextDouble() < 0.97;
      assertThat(other.take(good)).isEqualTo(one.take(good));
      assertThat(other.evidence()).isEqualTo(one.evidence());
      assertThat(other.enough()).isEqualTo(one.enough());
      assertThat(other.trials()).isEqualTo(one.trials());
    }
  }

  @Test
  void sharesAndProbabilitiesLieBetweenZeroAndOne() {
    assertThatThrownBy(() -> new ShareEvidence(0, 0.1, 0.1)).hasMessageContaining("0.0");
    assertThatThrownBy(() -> new ShareEvidence(0.9, 1, 0.1)).hasMessageContaining("1.0");
    assertThat(new ShareEvidence(1, 0.1, 0.1).enough()).isFalse();
  }
}
