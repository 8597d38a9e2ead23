package io.millrace.topologies.scaling.logic;

import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.PriorityQueue;

/**
 * Shares one budget among pools: each gets its minimum, what is left goes, replica by replica, to
 * the pool that has the smallest part of what it wants (max-min fairness).
 */
public final class Budget {
  private Budget() {}

  /**
   * What a pool asks for.
   *
   * @param min granted in any case
   * @param wanted replicas
   * @param costMicros of one replica an hour, 0 or more
   */
  public record Claim(String pool, int min, int wanted, long costMicros) {}

  /**
   * Shares the budget.
   *
   * @param limitMicros an hour; 0: no limit
   * @return replicas of each pool; never more than wanted, nor less than the smaller of min and
   *     wanted
   */
  public static Map<String, Integer> share(List<Claim> claims, long limitMicros) {
    Map<String, Integer> granted = new HashMap<>();
    PriorityQueue<Claim> hungry =
        new PriorityQueue<>(
            Comparator.<Claim>comparingDouble(
                    claim -> (double) granted.getOrDefault(claim.pool(), 0) / claim.wanted())
                .thenComparing(Claim::pool));
    long left = limitMicros;
    for (Claim claim : claims) {
      boolean free = limitMicros == 0 || claim.costMicros() == 0;
      int first = free ? claim.wanted() : Math.min(claim.min(), claim.wanted());
      granted.put(claim.pool(), first);
      left -= first * claim.costMicros();
      if (first < claim.wanted()) {
        hungry.add(claim);
      }
    }
    while (!hungry.isEmpty()) {
      Claim claim = hungry.poll();
      if (claim.costMicros() > left) {
        continue;
      }
      left -= claim.costMicros();
      if (granted.merge(claim.pool(), 1, Integer::sum) < claim.wanted()) {
        hungry.add(claim);
      }
    }
    return granted;
  }
}
