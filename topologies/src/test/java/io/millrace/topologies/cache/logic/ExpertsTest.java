package io.millrace.topologies.cache.logic;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.BitSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BiFunction;
import java.util.function.Function;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;

/** Holds what every policy must: its room, its word on what it evicts, and no slot for ever. */
class ExpertsTest {
  private static final Map<String, BiFunction<Slots, Long, Expert>> EXPERTS =
      Map.of(
          "lru", Lru::new,
          "arc", Arc::new,
          "s3fifo", S3Fifo::new,
          "gdsf", Gdsf::new,
          "lirs", (slots, capacity) -> new Lirs(slots, capacity, 0.01),
          "lirs with a long queue", (slots, capacity) -> new Lirs(slots, capacity, 0.4));

  @Property(tries = 300)
  void keepsItsRoomAndSaysWhatItEvicts(
      @ForAll @IntRange(min = 1, max = 30) int capacity,
      @ForAll @Size(min = 1, max = 400) List<@IntRange(min = 0, max = 299) Integer> accesses) {
    EXPERTS.forEach((name, make) -> run(name, make, capacity, accesses));
  }

  /** An access is a key of 50 and what is done with it: used, used at another weight, forgotten. */
  private static void run(
      String name, BiFunction<Slots, Long, Expert> make, int capacity, List<Integer> accesses) {
    Slots slots = new Slots();
    Expert expert = make.apply(slots, (long) capacity);
    BitSet said = new BitSet();
    expert.onEviction(said::clear);
    for (int access : accesses) {
      long key = access % 50;
      int slot = slots.find(key);
      if (access >= 280) {
        if (slot != Slots.NONE) {
          said.clear(slot);
          expert.forget(slot);
        }
        continue;
      }
      int weight = 1 + (int) (key + (access >= 260 ? 1 : 0)) % Math.min(capacity, 3);
      if (slot == Slots.NONE) {
        slot = slots.add(key);
        slots.describe(slot, weight, 1);
      } else {
        slots.hold(slot);
        slots.describe(slot, weight, 1);
        expert.reweigh(slot);
      }
      boolean held = said.get(slot);
      assertThat(expert.access(slot)).as(name).isEqualTo(held);
      said.set(slot, expert.holds(slot));
      slots.release(slot);

      assertThat(said.stream().allMatch(expert::holds)).as(name).isTrue();
      assertThat(said.stream().mapToLong(slots::weight).sum())
          .as(name)
          .isBetween(0L, (long) capacity);
    }
    for (long key = 0; key < 50; key++) {
      if (slots.find(key) != Slots.NONE) {
        expert.forget(slots.find(key));
      }
    }
    assertThat(slots.size()).as("slots still held by %s", name).isZero();
  }

  @Property
  void lruEvictsAsAnOrderedMapDoes(
      @ForAll @IntRange(min = 1, max = 10) int capacity,
      @ForAll @Size(max = 200) List<@IntRange(min = 0, max = 20) Integer> keys) {
    Slots slots = new Slots();
    Lru lru = new Lru(slots, capacity);
    Map<Integer, Integer> model = new LinkedHashMap<>(16, 0.75f, true);
    for (int key : keys) {
      assertThat(access(slots, lru, key)).isEqualTo(model.put(key, key) != null);
      if (model.size() > capacity) {
        model.remove(model.keySet().iterator().next());
      }
    }
  }

  @Property(tries = 100)
  void lirsKeepsMostOfALoopThatIsTwiceItsRoom(@ForAll @IntRange(min = 20, max = 200) int capacity) {
    assertThat(loopHits(s -> new Lirs(s, capacity, 0.01), 2 * capacity))
        .isGreaterThan(loopHits(s -> new Lru(s, capacity), 2 * capacity) + 10 * (capacity - 5));
  }

  @Test
  void gdsfForgetsWhatWasOncePopular() {
    Slots slots = new Slots();
    Expert gdsf = new Gdsf(slots, 3);
    for (int i = 0; i < 50; i++) {
      access(slots, gdsf, 0);
    }
    for (int key = 1; key < 200; key++) {
      access(slots, gdsf, key);
    }
    assertThat(access(slots, gdsf, 0)).isFalse();
  }

  @Test
  void s3FifoKeepsWhatWasUsedAgainThroughAFloodOfKeysThatAreNot() {
    Slots slots = new Slots();
    Expert fifo = new S3Fifo(slots, 10);
    for (int i = 0; i < 3; i++) {
      access(slots, fifo, 0);
    }
    for (int key = 1; key < 200; key++) {
      access(slots, fifo, key);
    }
    assertThat(access(slots, fifo, 0)).isTrue();
  }

  private static int loopHits(Function<Slots, Expert> make, int length) {
    Slots slots = new Slots();
    Expert expert = make.apply(slots);
    int hits = 0;
    for (int i = 0; i < 12 * length; i++) {
      hits += access(slots, expert, i % length) ? 1 : 0;
    }
    return hits;
  }

  private static boolean access(Slots slots, Expert expert, long key) {
    int slot = slots.find(key);
    if (slot == Slots.NONE) {
      slot = slots.add(key);
      slots.describe(slot, 1, 1);
    } else {
      slots.hold(slot);
    }
    boolean hit = expert.access(slot);
    slots.release(slot);
    return hit;
  }
}
