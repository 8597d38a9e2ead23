package io.millrace.topologies.cache.logic;

import java.util.Arrays;

/**
 * Numbers the keys that any policy remembers, so that policies keep arrays instead of maps: one
 * look-up an access serves them all.
 *
 * <p>An open-addressed table with linear probing and backward-shift deletion (Knuth, The Art of
 * Computer Programming 3, 6.4, algorithm R). A slot lives as long as someone holds it.
 */
public final class Slots {
  /** No slot. */
  public static final int NONE = -1;

  private static final int FIRST_SIZE = 64;

  private int[] table = new int[2 * FIRST_SIZE];
  private long[] keys = new long[FIRST_SIZE];
  private int[] weights = new int[FIRST_SIZE];
  private float[] costs = new float[FIRST_SIZE];
  private int[] holders = new int[FIRST_SIZE];
  private int[] free = new int[FIRST_SIZE];
  private int freed;
  private int used;

  /** Knows no keys. */
  public Slots() {
    Arrays.fill(table, NONE);
  }

  /** The slot of a key, or {@link #NONE}. */
  public int find(long key) {
    int mask = table.length - 1;
    for (int at = spread(key) & mask; table[at] != NONE; at = (at + 1) & mask) {
      if (keys[table[at]] == key) {
        return table[at];
      }
    }
    return NONE;
  }

  /** Gives a key that has none a slot, held by the caller. */
  public int add(long key) {
    int slot;
    if (freed > 0) {
      slot = free[--freed];
    } else {
      slot = used++;
      if (slot == keys.length) {
        grow();
      }
    }
    keys[slot] = key;
    holders[slot] = 1;
    insert(slot);
    return slot;
  }

  /** Holds a slot once more. */
  public void hold(int slot) {
    holders[slot]++;
  }

  /** Lets go; a slot that nobody holds is forgotten. */
  public void release(int slot) {
    if (--holders[slot] == 0) {
      delete(keys[slot]);
      free[freed++] = slot;
    }
  }

  /** The key that has a slot. */
  public long key(int slot) {
    return keys[slot];
  }

  /** What the key of a slot weighs. */
  public int weight(int slot) {
    return weights[slot];
  }

  /** What a miss of the key of a slot costs. */
  public float cost(int slot) {
    return costs[slot];
  }

  /**
   * Says what the key of a slot weighs and costs.
   *
   * @param weight 1 or more
   * @param cost over 0, in any unit
   */
  public void describe(int slot, int weight, float cost) {
    weights[slot] = weight;
    costs[slot] = cost;
  }

  /** How many keys are known. */
  public int size() {
    return used - freed;
  }

  private void insert(int slot) {
    int mask = table.length - 1;
    int at = spread(keys[slot]) & mask;
    while (table[at] != NONE) {
      at = (at + 1) & mask;
    }
    table[at] = slot;
  }

  private void delete(long key) {
    int mask = table.length - 1;
    int hole = spread(key) & mask;
    while (keys[table[hole]] != key) {
      hole = (hole + 1) & mask;
    }
    for (int at = (hole + 1) & mask; table[at] != NONE; at = (at + 1) & mask) {
      int home = spread(keys[table[at]]) & mask;
      if (((at - home) & mask) >= ((at - hole) & mask)) {
        table[hole] = table[at];
        hole = at;
      }
    }
    table[hole] = NONE;
  }

  private void grow() {
    int size = 2 * keys.length;
    keys = Arrays.copyOf(keys, size);
    weights = Arrays.copyOf(weights, size);
    costs = Arrays.copyOf(costs, size);
    holders = Arrays.copyOf(holders, size);
    free = Arrays.copyOf(free, size);
    int[] slots = table;
    table = new int[2 * size];
    Arrays.fill(table, NONE);
    for (int slot : slots) {
      if (slot != NONE) {
        insert(slot);
      }
    }
  }

  /** The finalizer of MurmurHash3 (Appleby), so that keys need not be random. */
  static int spread(long key) {
    long x = key;
    x = (x ^ (x >>> 33)) * 0xff51afd7ed558ccdL;
    x = (x ^ (x >>> 33)) * 0xc4ceb9fe1a85ec53L;
    return (int) (x ^ (x >>> 33));
  }
}
