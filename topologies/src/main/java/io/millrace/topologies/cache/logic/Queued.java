package io.millrace.topologies.cache.logic;

/** A policy whose keys lie in lists, one each: what such policies have in common. */
abstract class Queued extends Expert {
  /** The lists. */
  protected final Chains chains;

  /**
   * @param capacity most weight that it holds
   * @param lists how many
   */
  protected Queued(Slots slots, long capacity, int lists) {
    super(slots, capacity);
    chains = new Chains(slots, lists);
  }

  /** Forgets a key that lies in a list. */
  protected final void drop(int slot) {
    chains.remove(slot);
    slots.release(slot);
  }

  @Override
  public final void forget(int slot) {
    if (chains.list(slot) != Chains.NO_LIST) {
      drop(slot);
    }
  }

  @Override
  public final void reweigh(int slot) {
    chains.reweigh(slot);
  }
}
