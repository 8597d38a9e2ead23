package io.millrace.topologies.cache.logic;

import java.util.Arrays;

/**
 * Evicts what is worth least: uses × cost ÷ weight, on top of an age.
 *
 * <p>The age is the worth of what was last evicted; a key's worth counts from the age at its last
 * use, so that what was once popular goes in the end. With equal costs and weights this is LFU with
 * dynamic ageing. Source: Cherkasova, "Improving WWW Proxies Performance with Greedy-Dual-Size-
 * Frequency Caching Policy", HP Labs 1998.
 *
 * <p>The order is a heap. A use only raises the worth of its key, so the heap learns of it when the
 * key has come to the top: a hit costs no look at the heap.
 */
final class Gdsf extends Expert {
  private static final int CHILDREN = 4;

  private int[] heap = new int[64];
  private double[] order = new double[64];
  private int size;
  private int[] place = new int[0];
  private int[] uses = new int[0];
  private int[] held = new int[0];
  private double[] worth = new double[0];
  private long weight;
  private double age;

  Gdsf(Slots slots, long capacity) {
    super(slots, capacity);
  }

  @Override
  public boolean access(int slot) {
    boolean hit = holds(slot);
    if (!hit) {
      makeRoom(slots.weight(slot));
      enter(slot);
    }
    uses[slot]++;
    worth[slot] = age + uses[slot] * (double) slots.cost(slot) / slots.weight(slot);
    if (!hit) {
      up(size - 1, slot, worth[slot]);
    }
    makeRoom(0);
    return hit;
  }

  private void enter(int slot) {
    if (slot >= place.length) {
      int length = Math.max(64, Integer.highestOneBit(slot) << 1);
      place = Arrays.copyOf(place, length);
      uses = Arrays.copyOf(uses, length);
      held = Arrays.copyOf(held, length);
      worth = Arrays.copyOf(worth, length);
    }
    if (size == heap.length) {
      heap = Arrays.copyOf(heap, 2 * size);
      order = Arrays.copyOf(order, 2 * size);
    }
    slots.hold(slot);
    held[slot] = slots.weight(slot);
    weight += held[slot];
    uses[slot] = 0;
    size++;
  }

  private void makeRoom(int more) {
    while (weight + more > capacity) {
      int top = heap[0];
      if (order[0] < worth[top]) {
        down(0, top, worth[top]);
      } else {
        age = worth[top];
        forget(top);
        evicted(top);
      }
    }
  }

  @Override
  public boolean holds(int slot) {
    return slot < place.length && place[slot] != 0;
  }

  @Override
  public void forget(int slot) {
    if (!holds(slot)) {
      return;
    }
    int at = place[slot] - 1;
    place[slot] = 0;
    weight -= held[slot];
    size--;
    if (at < size) {
      int moved = heap[size];
      double moves = order[size];
      if (at > 0 && moves < order[(at - 1) / CHILDREN]) {
        up(at, moved, moves);
      } else {
        down(at, moved, moves);
      }
    }
    slots.release(slot);
  }

  @Override
  public void reweigh(int slot) {
    if (holds(slot)) {
      weight += slots.weight(slot) - held[slot];
      held[slot] = slots.weight(slot);
    }
  }

  private void up(int from, int slot, double by) {
    int at = from;
    while (at > 0 && by < order[(at - 1) / CHILDREN]) {
      int parent = (at - 1) / CHILDREN;
      put(at, heap[parent], order[parent]);
      at = parent;
    }
    put(at, slot, by);
  }

  private void down(int from, int slot, double by) {
    int at = from;
    for (int child = CHILDREN * at + 1; child < size; child = CHILDREN * at + 1) {
      int least = child;
      for (int other = child + 1; other < Math.min(size, child + CHILDREN); other++) {
        if (order[other] < order[least]) {
          least = other;
        }
      }
      if (order[least] > by) {
        break;
      }
      put(at, heap[least], order[least]);
      at = least;
    }
    put(at, slot, by);
  }

  private void put(int at, int slot, double by) {
    heap[at] = slot;
    order[at] = by;
    place[slot] = at + 1;
  }
}
