package io.millrace.topologies.cache.logic;

import java.util.Arrays;

/**
 * Doubly linked lists of slots that know their weight; a slot lies in at most one of them.
 *
 * <p>Lists have numbers from 1; the list of a slot that lies in none is {@link #NO_LIST}. What
 * belongs to a slot lies together in memory: an access costs one cache line, not four.
 */
public final class Chains {
  /** The list of a slot that lies in none. */
  public static final int NO_LIST = 0;

  /** No slot. */
  public static final int NONE = Slots.NONE;

  private static final int FIELDS = 4;
  private static final int NEXT = 0;
  private static final int PREVIOUS = 1;
  private static final int LIST = 2;
  private static final int WEIGHT = 3;

  private final Slots slots;
  private final int[] first;
  private final int[] last;
  private final long[] weight;
  private int[] nodes = new int[0];

  /**
   * Empty lists.
   *
   * @param lists how many
   */
  public Chains(Slots slots, int lists) {
    this.slots = slots;
    this.first = new int[lists + 1];
    this.last = new int[lists + 1];
    this.weight = new long[lists + 1];
    Arrays.fill(first, NONE);
    Arrays.fill(last, NONE);
  }

  /** The list that a slot lies in. */
  public int list(int slot) {
    int at = slot * FIELDS;
    return at < nodes.length ? nodes[at + LIST] : NO_LIST;
  }

  /** The slot that entered a list first of those in it, or {@link #NONE}. */
  public int first(int list) {
    return first[list];
  }

  /** The slot that entered a list last of those in it, or {@link #NONE}. */
  public int last(int list) {
    return last[list];
  }

  /** The slot that entered after this one, or {@link #NONE}. */
  public int next(int slot) {
    return nodes[slot * FIELDS + NEXT];
  }

  /** Sum of the weights in a list. */
  public long weight(int list) {
    return weight[list];
  }

  /** Puts a slot at the end of a list; it leaves the one it was in. */
  public void moveLast(int list, int slot) {
    if (last[list] == slot) {
      return;
    }
    remove(slot);
    int at = slot * FIELDS;
    if (at >= nodes.length) {
      nodes = Arrays.copyOf(nodes, Math.max(64, Integer.highestOneBit(at) << 1));
    }
    int before = last[list];
    nodes[at + NEXT] = NONE;
    nodes[at + PREVIOUS] = before;
    nodes[at + LIST] = list;
    nodes[at + WEIGHT] = slots.weight(slot);
    if (before == NONE) {
      first[list] = slot;
    } else {
      nodes[before * FIELDS + NEXT] = slot;
    }
    last[list] = slot;
    weight[list] += nodes[at + WEIGHT];
  }

  /** Takes a slot out of its list, if it is in one. */
  public void remove(int slot) {
    int list = list(slot);
    if (list == NO_LIST) {
      return;
    }
    int at = slot * FIELDS;
    int before = nodes[at + PREVIOUS];
    int after = nodes[at + NEXT];
    if (before == NONE) {
      first[list] = after;
    } else {
      nodes[before * FIELDS + NEXT] = after;
    }
    if (after == NONE) {
      last[list] = before;
    } else {
      nodes[after * FIELDS + PREVIOUS] = before;
    }
    nodes[at + LIST] = NO_LIST;
    weight[list] -= nodes[at + WEIGHT];
  }

  /** Takes up the weight that {@link Slots} has for a slot by now. */
  public void reweigh(int slot) {
    int list = list(slot);
    if (list != NO_LIST) {
      int at = slot * FIELDS + WEIGHT;
      weight[list] += slots.weight(slot) - nodes[at];
      nodes[at] = slots.weight(slot);
    }
  }
}
