package io.millrace.topologies.scaling.logic;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.topologies.scaling.logic.Budget.Claim;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.LongRange;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;

class BudgetTest {
  @Test
  void whatIsScarceIsSharedInEqualParts() {
    List<Claim> claims = List.of(new Claim("a", 2, 40, 10), new Claim("b", 2, 20, 10));

    assertThat(Budget.share(claims, 300)).containsEntry("a", 20).containsEntry("b", 10);
  }

  @Test
  void withoutALimitAllGetWhatTheyWant() {
    assertThat(Budget.share(List.of(new Claim("a", 2, 40, 10)), 0)).containsEntry("a", 40);
  }

  @Property
  void noMoreIsSpentThanTheLimitUnlessMinimaNeedIt(
      @ForAll @Size(max = 8) List<@IntRange(max = 60) Integer> wanted,
      @ForAll @LongRange(min = 1, max = 2_000) long limit) {
    List<Claim> claims = new ArrayList<>();
    for (int i = 0; i < wanted.size(); i++) {
      claims.add(new Claim("p" + i, 2, wanted.get(i), 1 + i));
    }
    Map<String, Integer> granted = Budget.share(claims, limit);
    long minima = 0;
    long spent = 0;
    for (Claim claim : claims) {
      int got = granted.get(claim.pool());
      assertThat(got).isBetween(Math.min(2, claim.wanted()), claim.wanted());
      minima += Math.min(2, claim.wanted()) * claim.costMicros();
      spent += got * claim.costMicros();
    }
    assertThat(spent).isLessThanOrEqualTo(Math.max(limit, minima));
  }

  @Test
  void manyReplicasTakeNoLongerThanFew() {
    List<Claim> claims =
        List.of(
            new Claim("a", 1, Integer.MAX_VALUE, 3),
            new Claim("b", 1, Integer.MAX_VALUE, 1),
            new Claim("c", 1, 2, 1_000_000_000_000L));

    Map<String, Integer> granted = Budget.share(claims, 4_000_000_000L + 1_000_000_000_000L);

    assertThat(granted.get("c")).isEqualTo(1);
    assertThat(granted.get("a")).isEqualTo(granted.get("b")).isBetween(999_999_999, 1_000_000_001);
  }

  @Property
  void nobodyCouldHaveAReplicaMoreAndNobodyHasLessPartThanHePaysFor(
      @ForAll @Size(min = 1, max = 6) List<@IntRange(min = 1, max = 80) Integer> wanted,
      @ForAll @LongRange(min = 1, max = 3_000) long limit) {
    List<Claim> claims = new ArrayList<>();
    for (int i = 0; i < wanted.size(); i++) {
      claims.add(new Claim("p" + i, 0, wanted.get(i), 1 + 3L * i));
    }
    Map<String, Integer> granted = Budget.share(claims, limit);
    long left = limit;
    for (Claim claim : claims) {
      left -= granted.get(claim.pool()) * claim.costMicros();
    }
    assertThat(left).isNotNegative();
    for (Claim claim : claims) {
      boolean hungry = granted.get(claim.pool()) < claim.wanted();
      assertThat(hungry && claim.costMicros() <= left).as(claim.toString()).isFalse();
      for (Claim other : claims) {
        // Who has a larger part by more than one replica must be cheaper than what he leaves him.
        double part = (double) granted.get(claim.pool()) / claim.wanted();
        double less = (granted.get(other.pool()) - 1.0) / other.wanted();
        if (hungry && less > part) {
          assertThat(other.costMicros()).isLessThan(claim.costMicros() + left);
        }
      }
    }
  }
}
