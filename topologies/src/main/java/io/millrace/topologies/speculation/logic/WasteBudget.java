package io.millrace.topologies.speculation.logic;

/**
 * Keeps the share of calls that are made ahead and never used under a bound.
 *
 * <p>A token bucket in units of wasted calls. A call made ahead earns the share that may be wasted
 * and is charged what it wastes on average, one less its probability; once it is known whether it
 * was used, that charge becomes 0 or 1. A call is made only if the balance stays at or above 0.
 * Over any time, calls made one at a time waste at most {@code share} of them, plus {@code burst},
 * plus what was refilled, plus one; the refill lets a tenant whose habits changed try again.
 */
final class WasteBudget {
  private static final double REFILL_PER_MS = 1.0 / 60_000;

  private final double share;
  private final double burst;
  private double balance;
  private long refilledAt;

  /**
   * @param share of calls made ahead that may be wasted, 0 to 1
   * @param burst wasted calls that are borne at once
   * @param nowMillis milliseconds since the epoch, as in all methods
   */
  WasteBudget(double share, double burst, long nowMillis) {
    this.share = share;
    this.burst = burst;
    this.balance = burst;
    this.refilledAt = nowMillis;
  }

  /** Charges a call, if there is balance for it. */
  boolean take(double probability, long nowMillis) {
    if (nowMillis > refilledAt) {
      add((nowMillis - refilledAt) * REFILL_PER_MS);
    }
    refilledAt = nowMillis;
    double change = share - (1 - probability);
    if (balance + change < 0) {
      return false;
    }
    add(change);
    return true;
  }

  /** Takes how a call that was charged ended. */
  void settle(double probability, boolean used) {
    add(used ? 1 - probability : -probability);
  }

  private void add(double change) {
    balance = Math.min(burst, balance + change);
  }
}
