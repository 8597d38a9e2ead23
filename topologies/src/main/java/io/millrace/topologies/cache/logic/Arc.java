package io.millrace.topologies.cache.logic;

/**
 * Balances recency and frequency by what it evicted too early.
 *
 * <p>Keys seen once lie in one list, keys seen again in another, each with a ghost list of what
 * left it; a hit in a ghost list moves the target size towards the list it left. Source: Megiddo,
 * Modha, "ARC: A Self-Tuning, Low Overhead Replacement Cache", FAST 2003; weights in the place of
 * counts.
 */
public final class Arc extends Queued {
  private static final int ONCE = 1;
  private static final int AGAIN = 2;
  private static final int ONCE_GHOST = 3;
  private static final int AGAIN_GHOST = 4;

  private double target;

  /**
   * Holds nothing yet.
   *
   * @param capacity most weight that it holds
   */
  public Arc(Slots slots, long capacity) {
    super(slots, capacity, 4);
  }

  @Override
  public boolean access(int slot) {
    int list = chains.list(slot);
    switch (list) {
      case ONCE, AGAIN -> {}
      case ONCE_GHOST -> {
        target = Math.min((double) capacity, target + step(slot, AGAIN_GHOST, ONCE_GHOST));
        makeRoom(slot, false);
      }
      case AGAIN_GHOST -> {
        target = Math.max(0, target - step(slot, ONCE_GHOST, AGAIN_GHOST));
        makeRoom(slot, true);
      }
      default -> {
        slots.hold(slot);
        makeRoom(slot, false);
        chains.moveLast(ONCE, slot);
        trimGhosts();
        return false;
      }
    }
    chains.moveLast(AGAIN, slot);
    if (list == ONCE || list == AGAIN) {
      settle(slot);
      return true;
    }
    trimGhosts();
    return false;
  }

  private double step(int slot, int other, int own) {
    return slots.weight(slot)
        * Math.max(1.0, (double) chains.weight(other) / Math.max(1, chains.weight(own)));
  }

  private void makeRoom(int slot, boolean fromAgainGhost) {
    while (chains.weight(ONCE) + chains.weight(AGAIN) + slots.weight(slot) > capacity) {
      replace(fromAgainGhost);
    }
  }

  /** A key that has grown may leave too little room. */
  private void settle(int slot) {
    while (chains.weight(ONCE) + chains.weight(AGAIN) > capacity) {
      replace(chains.first(AGAIN) != slot);
    }
  }

  private void replace(boolean fromAgainGhost) {
    long once = chains.weight(ONCE);
    boolean fromOnce =
        once > 0
            && (once > target || (fromAgainGhost && once >= target) || chains.weight(AGAIN) == 0);
    int victim = chains.first(fromOnce ? ONCE : AGAIN);
    chains.moveLast(fromOnce ? ONCE_GHOST : AGAIN_GHOST, victim);
    evicted(victim);
  }

  private void trimGhosts() {
    while (chains.weight(ONCE_GHOST) > 0
        && chains.weight(ONCE) + chains.weight(ONCE_GHOST) > capacity) {
      drop(chains.first(ONCE_GHOST));
    }
    while (chains.weight(AGAIN_GHOST) > 0
        && chains.weight(ONCE) + chains.weight(AGAIN) + ghosts() > 2 * capacity) {
      drop(chains.first(AGAIN_GHOST));
    }
  }

  private long ghosts() {
    return chains.weight(ONCE_GHOST) + chains.weight(AGAIN_GHOST);
  }

  @Override
  public boolean holds(int slot) {
    int list = chains.list(slot);
    return list == ONCE || list == AGAIN;
  }
}
