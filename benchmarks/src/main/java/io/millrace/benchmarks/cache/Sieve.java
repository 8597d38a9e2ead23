package io.millrace.benchmarks.cache;

import io.millrace.topologies.cache.logic.Chains;
import io.millrace.topologies.cache.logic.Expert;
import io.millrace.topologies.cache.logic.Slots;
import java.util.BitSet;

/**
 * Keeps the order of arrival; a hand passes over what was used since it last came by.
 *
 * <p>Source: Zhang et al., "SIEVE is Simpler than LRU", NSDI 2024.
 */
final class Sieve extends Expert {
  private static final int HELD = 1;

  private final Chains chains;
  private final BitSet visited = new BitSet();
  private int hand = Chains.NONE;

  Sieve(Slots slots, long capacity) {
    super(slots, capacity);
    chains = new Chains(slots, 1);
  }

  @Override
  public boolean access(int slot) {
    boolean hit = holds(slot);
    if (hit) {
      visited.set(slot);
    } else {
      makeRoom(slots.weight(slot));
      slots.hold(slot);
      visited.clear(slot);
      chains.moveLast(HELD, slot);
    }
    makeRoom(0);
    return hit;
  }

  private void makeRoom(int weight) {
    while (chains.weight(HELD) + weight > capacity) {
      int at = hand == Chains.NONE ? chains.first(HELD) : hand;
      while (visited.get(at)) {
        visited.clear(at);
        int next = chains.next(at);
        at = next == Chains.NONE ? chains.first(HELD) : next;
      }
      hand = at;
      forget(at);
      evicted(at);
    }
  }

  @Override
  public boolean holds(int slot) {
    return chains.list(slot) == HELD;
  }

  @Override
  public void forget(int slot) {
    if (holds(slot)) {
      if (hand == slot) {
        hand = chains.next(slot);
      }
      chains.remove(slot);
      slots.release(slot);
    }
  }

  @Override
  public void reweigh(int slot) {
    chains.reweigh(slot);
  }
}
