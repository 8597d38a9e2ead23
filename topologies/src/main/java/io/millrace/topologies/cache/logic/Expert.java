package io.millrace.topologies.cache.logic;

import java.util.function.IntConsumer;

/**
 * A replacement policy that runs on keys alone: which of them it would hold.
 *
 * <p>Its accesses are told by slot. It holds, in {@link Slots}, every slot that it remembers, and
 * says whenever one of those that it would have cached is cached no more.
 */
public abstract class Expert {
  /** Numbers the keys. */
  protected final Slots slots;

  /** Most weight that is held. */
  protected final long capacity;

  private IntConsumer evicted = slot -> {};

  /**
   * @param capacity most weight that it holds
   */
  protected Expert(Slots slots, long capacity) {
    this.slots = slots;
    this.capacity = capacity;
  }

  /** Tells {@code listener} each slot that is no longer held. */
  public final void onEviction(IntConsumer listener) {
    evicted = listener;
  }

  /** Says that a key is no longer held. */
  protected final void evicted(int slot) {
    evicted.accept(slot);
  }

  /**
   * Sees an access.
   *
   * @param slot of a key whose weight is at most the capacity
   * @return whether it held the key
   */
  public abstract boolean access(int slot);

  /** Whether it would have the key cached. */
  public abstract boolean holds(int slot);

  /** Forgets a key that is no longer valid, without telling the listener. */
  public abstract void forget(int slot);

  /** Takes up the weight that {@link Slots} has for a key by now. */
  public abstract void reweigh(int slot);
}
