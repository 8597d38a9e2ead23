package io.millrace.topologies.scaling.logic;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.SplittableRandom;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.DoubleRange;
import org.junit.jupiter.api.Test;

class AllowanceTest {
  /**
   * What is allowed is spread evenly where the rule's replicas go up and down, and costs no more.
   */
  @Property(tries = 50)
  void inTheLongRunAsMuchAsTheRuleHasAndLessUneven(
      @ForAll long seed, @ForAll @DoubleRange(min = 0.1, max = 1_000) double busy) {
    SplittableRandom random = new SplittableRandom(seed);
    Allowance allowance = new Allowance();
    double rules = 0;
    double allowed = 0;
    double unevenRule = 0;
    double uneven = 0;
    for (int i = 0; i < 2_000; i++) {
      double rule = busy * random.nextDouble(1.4, 2.4);
      double may = allowance.next(rule, busy);
      allowance.spent(may);
      if (i >= 200) {
        rules += rule;
        allowed += may;
        unevenRule += Math.abs(rule / busy - 1.9);
        uneven += Math.abs(may / busy - 1.9);
      }
    }
    assertThat(allowed / rules).isBetween(0.99, 1.01);
    assertThat(uneven).isLessThan(unevenRule / 2);
  }

  @Test
  void whatWasSavedIsThereLaterButNotForEver() {
    Allowance allowance = new Allowance();
    double usual = 0;
    for (int i = 0; i < 500; i++) {
      usual = allowance.next(20, 10);
      allowance.spent(usual);
    }
    for (int i = 0; i < 500; i++) {
      allowance.next(20, 10);
      allowance.spent(1);
    }
    assertThat(allowance.next(20, 10)).isBetween(1.03 * usual, 1.06 * usual);
  }

  @Test
  void aLoadThatFadesLeavesNoLargeRatioBehind() {
    Allowance allowance = new Allowance();
    for (int i = 0; i < 200; i++) {
      allowance.spent(allowance.next(20, 10));
    }
    for (int i = 0; i < 30; i++) {
      allowance.spent(allowance.next(20, 1e-9));
    }
    for (int i = 0; i < 200; i++) {
      allowance.spent(allowance.next(0, 0));
    }
    assertThat(allowance.next(0, 0)).isZero();
    assertThat(allowance.next(20, 10)).isLessThan(32);
  }
}
