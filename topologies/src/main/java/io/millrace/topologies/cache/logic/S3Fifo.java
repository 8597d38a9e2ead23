package io.millrace.topologies.cache.logic;

import java.util.Arrays;

/**
 * Filters what is used once through a small queue before the main one.
 *
 * <p>Three first-in-first-out queues: a small one with a tenth of the room, the main one, and a
 * ghost queue of what left the small one unused. A key that was used in the small queue, or comes
 * back while it is a ghost, goes to the main queue, which gives what was used another round.
 * Source: Yang et al., "FIFO Queues are All You Need for Cache Eviction", SOSP 2023.
 */
public final class S3Fifo extends Queued {
  private static final int SMALL = 1;
  private static final int MAIN = 2;
  private static final int GHOST = 3;
  private static final int USES_MAX = 3;

  private final long smallCapacity;
  private byte[] uses = new byte[0];

  /**
   * Holds nothing yet.
   *
   * @param capacity most weight that it holds
   */
  public S3Fifo(Slots slots, long capacity) {
    super(slots, capacity, 3);
    smallCapacity = Math.max(1, capacity / 10);
  }

  @Override
  public boolean access(int slot) {
    if (holds(slot)) {
      uses[slot] = (byte) Math.min(USES_MAX, uses[slot] + 1);
      makeRoom(0);
      return true;
    }
    makeRoom(slots.weight(slot));
    int into = MAIN;
    if (chains.list(slot) != GHOST) {
      slots.hold(slot);
      into = SMALL;
    }
    if (slot >= uses.length) {
      uses = Arrays.copyOf(uses, Math.max(64, Integer.highestOneBit(slot) << 1));
    }
    uses[slot] = 0;
    chains.moveLast(into, slot);
    return false;
  }

  private void makeRoom(int weight) {
    while (chains.weight(SMALL) + chains.weight(MAIN) + weight > capacity) {
      if (chains.weight(SMALL) >= smallCapacity || chains.weight(MAIN) == 0) {
        evictFromSmall();
      } else {
        evictFromMain();
      }
    }
  }

  private void evictFromSmall() {
    int slot = chains.first(SMALL);
    if (uses[slot] > 1) {
      uses[slot] = 0;
      chains.moveLast(MAIN, slot);
      return;
    }
    chains.moveLast(GHOST, slot);
    while (chains.weight(GHOST) > capacity) {
      drop(chains.first(GHOST));
    }
    evicted(slot);
  }

  private void evictFromMain() {
    int slot = chains.first(MAIN);
    if (uses[slot] > 0) {
      uses[slot]--;
      chains.moveLast(MAIN, slot);
      return;
    }
    drop(slot);
    evicted(slot);
  }

  @Override
  public boolean holds(int slot) {
    int list = chains.list(slot);
    return list == SMALL || list == MAIN;
  }
}
