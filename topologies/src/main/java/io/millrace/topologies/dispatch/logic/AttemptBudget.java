package io.millrace.topologies.dispatch.logic;

/**
 * Lets further attempts, such as retries and hedges, be no more than a share of calls, so that they
 * cannot keep an overload alive.
 *
 * <p>A token bucket, full at first: calls and seconds earn tokens, a further attempt spends one.
 * Source: the retry budgets of Finagle (RetryBudget: 20 % of requests plus 10 a second); Google SRE
 * book, chapter 21.
 */
final class AttemptBudget {
  private final double perSecond;
  private final double capacity;
  private double tokens;
  private long filledAt;

  /**
   * @param perSecond attempts earned by a second
   * @param capacity most attempts that can be saved up
   */
  AttemptBudget(double perSecond, double capacity, long nowMillis) {
    this.perSecond = perSecond;
    this.capacity = capacity;
    this.tokens = capacity;
    this.filledAt = nowMillis;
  }

  /**
   * A call began.
   *
   * @param share attempts that it earns, 0 to 1
   */
  void earn(double share) {
    tokens = Math.min(capacity, tokens + share);
  }

  /** Whether there is a token to spend. */
  boolean has(long nowMillis) {
    if (nowMillis > filledAt) {
      tokens = Math.min(capacity, tokens + (nowMillis - filledAt) * perSecond / 1000);
    }
    // Also backwards: a clock that was ahead must not keep the bucket from filling.
    filledAt = nowMillis;
    return tokens >= 1;
  }

  /** Spends a token, if there is one. */
  boolean trySpend(long nowMillis) {
    boolean has = has(nowMillis);
    tokens -= has ? 1 : 0;
    return has;
  }
}
