package io.millrace.benchmarks.cache;

import java.util.Arrays;

/** What a cache was asked for, in order: keys with their sizes and the cost of a miss. */
public final class Trace {
  private static final int FIRST_SIZE = 1 << 16;

  private long[] keys = new long[FIRST_SIZE];
  private int[] bytes = new int[FIRST_SIZE];
  private float[] costs = new float[FIRST_SIZE];
  private int size;
  private boolean sized;
  private boolean costed;

  /** An access to a key of which neither size nor cost is known: 1 of each. */
  void add(long key) {
    add(key, 1, 1);
  }

  void add(long key, int itsBytes, float cost) {
    if (size == keys.length) {
      keys = Arrays.copyOf(keys, 2 * size);
      bytes = Arrays.copyOf(bytes, 2 * size);
      costs = Arrays.copyOf(costs, 2 * size);
    }
    keys[size] = key;
    bytes[size] = itsBytes;
    costs[size++] = cost;
  }

  void columns(boolean hasBytes, boolean hasCosts) {
    sized = hasBytes;
    costed = hasCosts;
  }

  /** Whether the sizes were given. */
  public boolean sized() {
    return sized;
  }

  /** Whether the costs were given. */
  public boolean costed() {
    return costed;
  }

  /** Number of accesses. */
  public int size() {
    return size;
  }

  long key(int at) {
    return keys[at];
  }

  int bytes(int at) {
    return bytes[at];
  }

  float cost(int at) {
    return costs[at];
  }
}
