package io.millrace.benchmarks.cache;

import io.millrace.topologies.cache.logic.Expert;
import io.millrace.topologies.cache.logic.Slots;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.TreeMap;

/**
 * Evicts what was used least often while it was held; of equals, what has had that many uses
 * longest.
 *
 * <p>Perfect counts without ageing, one list for each number of uses. Source: Shah, Mitra, Matani,
 * "An O(1) algorithm for implementing the LFU cache eviction scheme", 2010.
 */
final class Lfu extends Expert {
  private final Map<Integer, Held> held = new HashMap<>();
  private final TreeMap<Integer, LinkedHashSet<Integer>> byUses = new TreeMap<>();
  private long weight;

  Lfu(Slots slots, long capacity) {
    super(slots, capacity);
  }

  @Override
  public boolean access(int slot) {
    Held before = held.get(slot);
    if (before == null) {
      makeRoom(slots.weight(slot));
      slots.hold(slot);
      put(slot, new Held(1, slots.weight(slot)));
      return false;
    }
    take(slot, before);
    put(slot, new Held(before.uses + 1, before.weight));
    makeRoom(0);
    return true;
  }

  private void makeRoom(int more) {
    while (weight + more > capacity) {
      int victim = byUses.firstEntry().getValue().iterator().next();
      forget(victim);
      evicted(victim);
    }
  }

  private void put(int slot, Held now) {
    held.put(slot, now);
    byUses.computeIfAbsent(now.uses, uses -> new LinkedHashSet<>()).add(slot);
    weight += now.weight;
  }

  private void take(int slot, Held before) {
    held.remove(slot);
    weight -= before.weight;
    LinkedHashSet<Integer> equals = byUses.get(before.uses);
    if (equals != null && equals.remove(slot) && equals.isEmpty()) {
      byUses.remove(before.uses);
    }
  }

  @Override
  public boolean holds(int slot) {
    return held.containsKey(slot);
  }

  @Override
  public void forget(int slot) {
    Held before = held.get(slot);
    if (before != null) {
      take(slot, before);
      slots.release(slot);
    }
  }

  @Override
  public void reweigh(int slot) {
    Held before = held.get(slot);
    if (before != null) {
      weight += slots.weight(slot) - before.weight;
      held.put(slot, new Held(before.uses, slots.weight(slot)));
    }
  }

  private record Held(int uses, int weight) {}
}
