package io.millrace.topologies.dispatch.logic;

/**
 * Lets retries be no more than a share of first attempts, so that retries cannot keep an overload
 * alive.
 *
 * <p>A token bucket: every first attempt earns {@code ratio} of a token, every second earns {@code
 * perSecond}, a retry spends one. Source: the retry budgets of Finagle (RetryBudget: 20 % of
 * requests plus 10 a second); Google SRE book, chapter 21.
 */
final class RetryBudget {
  private final double ratio;
  private final double perSecond;
  private final double capacity;
  private double tokens;
  private long filledAt;

  /**
   * @param ratio retries earned by one first attempt, 0 to 1
   * @param perSecond retries earned by a second
   * @param capacity most retries that can be saved up
   */
  RetryBudget(double ratio, double perSecond, double capacity, long nowMillis) {
    this.ratio = ratio;
    this.perSecond = perSecond;
    this.capacity = capacity;
    this.tokens = capacity;
    this.filledAt = nowMillis;
  }

  void firstAttempt() {
    tokens = Math.min(capacity, tokens + ratio);
  }

  /** Spends a token, if there is one. */
  boolean tryRetry(long nowMillis) {
    if (nowMillis > filledAt) {
      tokens = Math.min(capacity, tokens + (nowMillis - filledAt) * perSecond / 1000);
    }
    // Also backwards: a clock that was ahead must not keep the bucket from filling.
    filledAt = nowMillis;
    if (tokens < 1) {
      return false;
    }
    tokens -= 1;
    return true;
  }
}
