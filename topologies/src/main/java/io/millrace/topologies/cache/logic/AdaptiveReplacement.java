package io.millrace.topologies.cache.logic;

import java.util.function.LongConsumer;

/**
 * Decides what stays cached by imitating, of several policies, the one that does best on the
 * traffic.
 *
 * <p>Every {@link Expert} runs as a shadow on keys alone and is charged the cost of what it misses,
 * of which older charges count less. What is really cached follows the leading expert: what the
 * leader holds is kept, the rest is doomed and goes first, in the order in which the leader let go
 * of it; nothing goes before its room is needed. Since the leader keeps to the same capacity,
 * whenever room is needed something is doomed. Source: Subramanian, Smaragdakis, Loh, "Adaptive
 * Caches: Effective Shaping of Cache Behavior to Workloads", MICRO 2006.
 *
 * <p>Another expert leads as soon as it was charged less than the leader by more than chance would
 * explain: by more than the standard deviation of the leader's charges, were each missed or not by
 * chance. Charges fade over {@value #HORIZON} times as many accesses as entries fit, so that a
 * working set that moves through the cache is seen several times before it is judged. LIRS leads
 * first: with little to go by, it is off from the best by least.
 *
 * <p>With equal weights and costs the charges are misses, and what is imitated has the best hit
 * rate; else they are the recompute cost not saved, and {@link Gdsf} weighs cost and bytes.
 *
 * <p>Not safe for use by several threads.
 */
public final class AdaptiveReplacement {
  private static final int HORIZON = 16;
  private static final double LIRS_QUEUE = 0.01;
  private static final double RESCALED_AT = 1e100;

  private static final int KEPT = 1;
  private static final int DOOMED = 2;

  private final Slots slots = new Slots();
  private final Chains real = new Chains(slots, 2);
  private final long capacity;
  private final Expert[] experts;
  private final double[] charges;
  private final double[] squares;
  private double unit = 1;
  private int leader;
  private double seen;
  private double seenWeight;
  private int entries;

  /**
   * @param capacity most weight that is cached: entries or bytes, 0 or more
   */
  public AdaptiveReplacement(long capacity) {
    this.capacity = capacity;
    this.experts =
        new Expert[] {
          new Lirs(slots, capacity, LIRS_QUEUE),
          new Lru(slots, capacity),
          new Arc(slots, capacity),
          new S3Fifo(slots, capacity),
          new Gdsf(slots, capacity)
        };
    this.charges = new double[experts.length];
    this.squares = new double[experts.length];
    for (Expert expert : experts) {
      expert.onEviction(slot -> letGo(expert, slot));
    }
  }

  /** Whether a key is cached. */
  public boolean holds(long key) {
    int slot = slots.find(key);
    return slot != Slots.NONE && real.list(slot) != Chains.NO_LIST;
  }

  /**
   * Sees a use of a key, which is cached afterwards unless it is heavier than the whole cache.
   *
   * @param weight 1 or more, in the unit of the capacity
   * @param cost what a miss costs, over 0, in any unit
   * @param evicted gets each key that goes; maybe the one that is used
   * @return whether it was cached
   */
  public boolean access(long key, int weight, float cost, LongConsumer evicted) {
    if (weight > capacity) {
      boolean held = holds(key);
      remove(key);
      if (held) {
        evicted.accept(key);
      }
      return held;
    }
    int slot = slots.find(key);
    if (slot == Slots.NONE) {
      slot = slots.add(key);
      slots.describe(slot, weight, cost);
    } else {
      slots.hold(slot);
      describe(slot, weight, cost);
    }
    seen++;
    seenWeight += weight;
    ask(slot);
    follow();
    boolean hit = enter(slot);
    makeRoom(evicted);
    slots.release(slot);
    return hit;
  }

  private void describe(int slot, int weight, float cost) {
    boolean sameWeight = slots.weight(slot) == weight;
    slots.describe(slot, weight, cost);
    if (!sameWeight) {
      real.reweigh(slot);
      for (Expert expert : experts) {
        expert.reweigh(slot);
      }
    }
  }

  private void ask(int slot) {
    double cost = slots.cost(slot);
    for (int i = 0; i < experts.length; i++) {
      if (!experts[i].access(slot)) {
        charges[i] += unit * cost;
        squares[i] += unit * cost * cost;
      }
    }
    double fitting = capacity * seen / seenWeight;
    unit *= 1 + 1 / (HORIZON * fitting);
    if (unit > RESCALED_AT) {
      for (int i = 0; i < experts.length; i++) {
        charges[i] /= unit;
        squares[i] /= unit;
      }
      unit = 1;
    }
  }

  private void follow() {
    int best = leader;
    for (int i = 0; i < experts.length; i++) {
      if (charges[i] < charges[best]) {
        best = i;
      }
    }
    if ((charges[leader] - charges[best]) / unit > Math.sqrt(squares[leader] / unit)) {
      leader = best;
      sort(DOOMED);
      sort(KEPT);
    }
  }

  /** Sorts what is in a list anew by what the leader holds; what was doomed before goes before. */
  private void sort(int list) {
    int end = real.last(list);
    int slot = real.first(list);
    while (slot != Chains.NONE) {
      int next = slot == end ? Chains.NONE : real.next(slot);
      real.moveLast(experts[leader].holds(slot) ? KEPT : DOOMED, slot);
      slot = next;
    }
  }

  private boolean enter(int slot) {
    boolean hit = real.list(slot) != Chains.NO_LIST;
    if (!hit) {
      slots.hold(slot);
      entries++;
    }
    real.moveLast(experts[leader].holds(slot) ? KEPT : DOOMED, slot);
    return hit;
  }

  private void makeRoom(LongConsumer evicted) {
    while (weight() > capacity) {
      int victim = real.first(DOOMED) != Chains.NONE ? real.first(DOOMED) : real.first(KEPT);
      evicted.accept(slots.key(victim));
      leave(victim);
    }
  }

  private void letGo(Expert expert, int slot) {
    if (expert == experts[leader] && real.list(slot) == KEPT) {
      real.moveLast(DOOMED, slot);
    }
  }

  private void leave(int slot) {
    real.remove(slot);
    entries--;
    slots.release(slot);
  }

  /** Forgets a key that is no longer valid, if it is known. */
  public void remove(long key) {
    int slot = slots.find(key);
    if (slot == Slots.NONE) {
      return;
    }
    slots.hold(slot);
    for (Expert expert : experts) {
      expert.forget(slot);
    }
    if (real.list(slot) != Chains.NO_LIST) {
      leave(slot);
    }
    slots.release(slot);
  }

  /** How many keys are cached. */
  public int entries() {
    return entries;
  }

  /** Weight of the keys that are cached. */
  public long weight() {
    return real.weight(KEPT) + real.weight(DOOMED);
  }

  /** How many keys are remembered, cached or not. */
  int remembered() {
    return slots.size();
  }
}
