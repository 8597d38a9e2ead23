package io.millrace.topologies.cache.logic;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.function.Function;
import java.util.function.IntUnaryOperator;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;

/** Holds that the cache keeps its room, and to the best of its experts on whatever comes. */
class AdaptiveReplacementTest {

  @Property(tries = 300)
  void whatIsCachedIsWhatWasUsedAndNotSaidToBeGone(
      @ForAll @IntRange(min = 0, max = 40) int capacity,
      @ForAll @Size(max = 400) List<@IntRange(min = 0, max = 299) Integer> accesses) {
    AdaptiveReplacement cache = new AdaptiveReplacement(capacity);
    Map<Long, Integer> model = new HashMap<>();
    for (int access : accesses) {
      long key = access % 50;
      if (access >= 280) {
        cache.remove(key);
        model.remove(key);
      } else {
        int weight = 1 + access % 7;
        boolean held = model.put(key, weight) != null;
        assertThat(cache.access(key, weight, 1 + access % 3, model::remove)).isEqualTo(held);
        if (weight > capacity) {
          model.remove(key);
        }
      }
      assertThat(cache.entries()).isEqualTo(model.size());
      assertThat(cache.weight()).isEqualTo(model.values().stream().mapToLong(w -> w).sum());
      assertThat(cache.weight()).isLessThanOrEqualTo(capacity);
      assertThat(model.keySet()).allMatch(cache::holds);
    }
    for (long key = 0; key < 50; key++) {
      cache.remove(key);
    }
    assertThat(cache.remembered()).isZero();
  }

  @Test
  void whatIsRememberedIsBounded() {
    AdaptiveReplacement cache = new AdaptiveReplacement(100);
    for (int i = 0; i < 100_000; i++) {
      cache.access(i, 1, 1, gone -> {});
    }
    assertThat(cache.remembered()).isLessThan(700);
  }

  /** Loops that LRU never hits, then a working set that moves, which LIRS is slow to follow. */
  @Property(tries = 20)
  void itFollowsTheTrafficFromOnePolicyToAnother(@ForAll @IntRange(min = 1) int seed) {
    int capacity = 200;
    SplittableRandom random = new SplittableRandom(seed);
    IntUnaryOperator traffic =
        i -> i < 40_000 ? i % 300 : 1_000 + i / 20 + random.nextInt(capacity / 2);
    double[] best = new double[2];
    double ours = hitRate(new AdaptiveReplacement(capacity), 80_000, traffic);
    best[0] = hitRate(s -> new Lirs(s, capacity, 0.01), 80_000, traffic);
    best[1] = hitRate(s -> new Lru(s, capacity), 80_000, traffic);

    assertThat(ours).isGreaterThan(Math.max(best[0], best[1]) - 0.01);
  }

  /**
   * A loop that goes on for long, on which LRU has no hit, then keys that come twice: LIRS has
   * none.
   */
  @Test
  void whatWasLongAgoDoesNotDecide() {
    int capacity = 200;
    AdaptiveReplacement cache = new AdaptiveReplacement(capacity);
    hitRate(cache, 300_000, i -> i % 300);

    assertThat(hitRate(cache, 20_000, i -> 1_000 + i / 2 - i % 2 * 20)).isGreaterThan(0.35);
  }

  @Test
  void outputsThatAreDearAndSmallStayLongerThanCheapAndLargeOnes() {
    AdaptiveReplacement cache = new AdaptiveReplacement(1_000);
    SplittableRandom random = new SplittableRandom(1);
    double saved = 0;
    double asked = 0;
    double cheap = 0;
    for (int i = 0; i < 60_000; i++) {
      boolean dear = i % 2 == 0;
      int key = dear ? random.nextInt(40) : 1_000 + random.nextInt(40);
      boolean hit = cache.access(key, dear ? 20 : 100, dear ? 1_000 : 1, gone -> {});
      if (i > 30_000 && dear) {
        asked++;
        saved += hit ? 1 : 0;
      } else if (i > 30_000) {
        cheap += hit ? 1 : 0;
      }
    }
    assertThat(saved / asked).isGreaterThan(0.95);
    assertThat(cheap / asked).isLessThan(0.2);
  }

  private static double hitRate(
      Function<Slots, Expert> make, int accesses, IntUnaryOperator traffic) {
    Slots slots = new Slots();
    Expert expert = make.apply(slots);
    int hits = 0;
    for (int i = 0; i < accesses; i++) {
      long key = traffic.applyAsInt(i);
      int slot = slots.find(key);
      if (slot == Slots.NONE) {
        slot = slots.add(key);
        slots.describe(slot, 1, 1);
      } else {
        slots.hold(slot);
      }
      hits += expert.access(slot) ? 1 : 0;
      slots.release(slot);
    }
    return (double) hits / accesses;
  }

  private static double hitRate(AdaptiveReplacement cache, int accesses, IntUnaryOperator traffic) {
    int hits = 0;
    for (int i = 0; i < accesses; i++) {
      hits += cache.access(traffic.applyAsInt(i), 1, 1, gone -> {}) ? 1 : 0;
    }
    return (double) hits / accesses;
  }
}
