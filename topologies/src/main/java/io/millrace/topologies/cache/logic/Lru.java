package io.millrace.topologies.cache.logic;

/** Evicts what was used longest ago. */
public final class Lru extends Queued {
  private static final int HELD = 1;

  /**
   * Holds nothing yet.
   *
   * @param capacity most weight that it holds
   */
  public Lru(Slots slots, long capacity) {
    super(slots, capacity, 1);
  }

  @Override
  public boolean access(int slot) {
    boolean hit = holds(slot);
    if (!hit) {
      slots.hold(slot);
    }
    chains.moveLast(HELD, slot);
    while (chains.weight(HELD) > capacity) {
      int victim = chains.first(HELD);
      forget(victim);
      evicted(victim);
    }
    return hit;
  }

  @Override
  public boolean holds(int slot) {
    return chains.list(slot) == HELD;
  }
}
