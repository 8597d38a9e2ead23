package io.millrace.topologies.cache.logic;

/**
 * Keeps the keys with the shortest distance between their last two uses.
 *
 * <p>A stack orders keys by recency. Those of low inter-reference recency, the hot ones, fill
 * nearly all the room; the others pass through a queue. A key of the queue that is used while it is
 * still in the stack was used at a shorter distance than the hot key at the stack's bottom, and
 * takes its place. The stack remembers evicted keys too. Source: Jiang, Zhang, "LIRS: An Efficient
 * Low Inter-reference Recency Set Replacement Policy", SIGMETRICS 2002, whose queue has 1 % of the
 * room.
 */
final class Lirs extends Expert {
  private static final int STACK = 1;

  private static final int HOT = 1;
  private static final int QUEUE = 2;
  private static final int GHOSTS = 3;

  private final Chains stack;
  private final Chains groups;
  private final long hotCapacity;
  private final long ghostCapacity;

  /**
   * @param queueShare share of the capacity that passes keys through
   */
  Lirs(Slots slots, long capacity, double queueShare) {
    super(slots, capacity);
    stack = new Chains(slots, 1);
    groups = new Chains(slots, 3);
    hotCapacity = capacity - Math.max(1, (long) (capacity * queueShare));
    ghostCapacity = 2 * capacity;
  }

  @Override
  public boolean access(int slot) {
    int group = groups.list(slot);
    switch (group) {
      case HOT -> {
        stack.moveLast(STACK, slot);
        prune();
      }
      case QUEUE -> use(slot, stack.list(slot) == STACK);
      default -> {
        makeRoom(slots.weight(slot));
        // Making room may have pushed a ghost out of memory.
        boolean ghost = groups.list(slot) == GHOSTS;
        if (!ghost) {
          slots.hold(slot);
        }
        use(slot, ghost || groups.weight(HOT) + slots.weight(slot) <= hotCapacity);
      }
    }
    makeRoom(0);
    return group == HOT || group == QUEUE;
  }

  private void use(int slot, boolean hot) {
    stack.moveLast(STACK, slot);
    groups.moveLast(hot ? HOT : QUEUE, slot);
    while (groups.weight(HOT) > hotCapacity) {
      cool();
    }
    prune();
  }

  /** The hot key used longest ago gives way. */
  private void cool() {
    prune();
    int bottom = stack.first(STACK);
    stack.remove(bottom);
    groups.moveLast(QUEUE, bottom);
    prune();
  }

  private void makeRoom(int weight) {
    while (groups.weight(HOT) + groups.weight(QUEUE) + weight > capacity) {
      int victim = groups.first(QUEUE);
      if (victim == Chains.NONE) {
        cool();
        continue;
      }
      if (stack.list(victim) == STACK) {
        groups.moveLast(GHOSTS, victim);
      } else {
        forget(victim);
      }
      evicted(victim);
      while (groups.weight(GHOSTS) > ghostCapacity) {
        drop(groups.first(GHOSTS));
      }
    }
  }

  /** What lies under the lowest hot key was used too long ago to become one. */
  private void prune() {
    int bottom = stack.first(STACK);
    while (bottom != Chains.NONE && groups.list(bottom) != HOT) {
      stack.remove(bottom);
      if (groups.list(bottom) == GHOSTS) {
        drop(bottom);
      }
      bottom = stack.first(STACK);
    }
  }

  private void drop(int slot) {
    stack.remove(slot);
    groups.remove(slot);
    slots.release(slot);
  }

  @Override
  public boolean holds(int slot) {
    int group = groups.list(slot);
    return group == HOT || group == QUEUE;
  }

  @Override
  public void forget(int slot) {
    if (groups.list(slot) != Chains.NO_LIST) {
      drop(slot);
      prune();
    }
  }

  @Override
  public void reweigh(int slot) {
    stack.reweigh(slot);
    groups.reweigh(slot);
  }
}
