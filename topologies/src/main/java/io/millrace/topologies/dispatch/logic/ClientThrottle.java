package io.millrace.topologies.dispatch.logic;

import java.util.random.RandomGenerator;

/**
 * Refuses attempts here rather than have the target refuse them there, with the probability by
 * which it does.
 *
 * <p>Of the last window it counts the attempts that were asked for and those that the target took:
 * an attempt is refused with probability {@code (asked - ratio * taken) / (asked + 1)}, so that a
 * target gets at most {@code ratio} times what it takes, and a little more to see that it is well
 * again. Attempts under way are neither: they count as asked for once they have ended. Source:
 * "Site Reliability Engineering", chapter 21, client-side throttling, which counts attempts under
 * way as not taken and so refuses the first burst for a healthy target.
 */
final class ClientThrottle {
  private static final int SLOTS = 10;

  /** Fewest ended attempts in the window that anything is concluded from. */
  static final int ENDED_MIN = 10;

  private final double ratio;
  private final long slotMillis;
  private final int[] asked = new int[SLOTS];
  private final int[] taken = new int[SLOTS];
  private int askedInAll;
  private int takenInAll;
  private long slot;

  /**
   * @param ratio attempts that are let through for each that is taken, above 1
   * @param windowMillis how far back it counts
   */
  ClientThrottle(double ratio, long windowMillis, long now) {
    this.ratio = ratio;
    this.slotMillis = Math.max(1, windowMillis / SLOTS);
    this.slot = now / slotMillis;
  }

  /** Whether this attempt is refused; then it counts as asked for and not taken. */
  boolean refuses(long now, RandomGenerator random) {
    double probability = probability(now);
    if (probability <= 0 || random.nextDouble() >= probability) {
      return false;
    }
    count(false);
    return true;
  }

  /** Probability by which the next attempt is refused. */
  double probability(long now) {
    turn(now);
    if (askedInAll < ENDED_MIN) {
      return 0;
    }
    return Math.max(0, (askedInAll - ratio * takenInAll) / (askedInAll + 1));
  }

  /** An attempt ended. */
  void ended(boolean wasTaken, long now) {
    turn(now);
    count(wasTaken);
  }

  private void count(boolean wasTaken) {
    int at = Math.floorMod(slot, SLOTS);
    asked[at]++;
    askedInAll++;
    if (wasTaken) {
      taken[at]++;
      takenInAll++;
    }
  }

  private void turn(long now) {
    long present = now / slotMillis;
    // Also backwards: a clock that was ahead must not keep old counts for ever.
    long steps = Math.min(SLOTS, Math.abs(present - slot));
    slot = present;
    for (long i = 0; i < steps; i++) {
      int at = Math.floorMod(present - i, SLOTS);
      askedInAll -= asked[at];
      takenInAll -= taken[at];
      asked[at] = 0;
      taken[at] = 0;
    }
  }
}
