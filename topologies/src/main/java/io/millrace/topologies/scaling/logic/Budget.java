package io.millrace.topologies.scaling.logic;

import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Shares one budget among pools: each gets its minimum, of what is left each gets the same part of
 * what it wants (max-min fairness).
 *
 * <p>The part is found by halving, as water finds its level, so that it takes no longer for many
 * replicas than for few (D. Bertsekas, R. Gallager, "Data Networks", 1992, 6.5.2); what rounding
 * leaves goes, replica by replica, to the pool with the smallest part; one that it cannot pay for
 * is out.
 */
public final class Budget {
  private static final int HALVINGS = 60;

  private Budget() {}

  /**
   * What a pool asks for.
   *
   * @param min granted in any case
   * @param wanted replicas
   * @param costMicros of one replica an hour, 0 or more
   */
  public record Claim(String pool, int min, int wanted, long costMicros) {
    /** The fewest replicas that are that part of what it wants. */
    private int at(double part, int granted) {
      return Math.max(granted, (int) Math.min(wanted, Math.ceil(part * wanted)));
    }
  }

  /**
   * Shares the budget.
   *
   * @param limitMicros an hour; 0: no limit
   * @return replicas of each pool; never more than wanted, nor less than the smaller of min and
   *     wanted
   */
  public static Map<String, Integer> share(List<Claim> claims, long limitMicros) {
    Map<String, Integer> granted = new HashMap<>();
    List<Claim> hungry = new ArrayList<>();
    double left = limitMicros;
    for (Claim claim : claims) {
      boolean free = limitMicros == 0 || claim.costMicros() == 0;
      int first = free ? claim.wanted() : Math.min(claim.min(), claim.wanted());
      granted.put(claim.pool(), first);
      left -= (double) first * claim.costMicros();
      if (first < claim.wanted()) {
        hungry.add(claim);
      }
    }
    while (!hungry.isEmpty()) {
      left -= raise(hungry, granted, level(hungry, granted, left));
      left -= raiseSmallest(hungry, granted, left);
    }
    return granted;
  }

  /** The largest part of what they want that all can have, or have already. */
  private static double level(List<Claim> hungry, Map<String, Integer> granted, double left) {
    double low = 0;
    double high = 1;
    for (int i = 0; i < HALVINGS; i++) {
      double part = (low + high) / 2;
      double cost = 0;
      for (Claim claim : hungry) {
        int has = granted.getOrDefault(claim.pool(), 0);
        cost += (double) (claim.at(part, has) - has) * claim.costMicros();
      }
      if (cost <= left) {
        low = part;
      } else {
        high = part;
      }
    }
    return low;
  }

  private static double raise(List<Claim> hungry, Map<String, Integer> granted, double part) {
    double spent = 0;
    for (Claim claim : hungry) {
      int has = granted.getOrDefault(claim.pool(), 0);
      int gets = claim.at(part, has);
      granted.put(claim.pool(), gets);
      spent += (double) (gets - has) * claim.costMicros();
    }
    return spent;
  }

  /** One more for the one with the smallest part; if it cannot pay, or has enough, it is out. */
  private static double raiseSmallest(
      List<Claim> hungry, Map<String, Integer> granted, double left) {
    Claim claim =
        Collections.min(
            hungry,
            Comparator.<Claim>comparingDouble(
                    one -> (double) granted.getOrDefault(one.pool(), 0) / one.wanted())
                .thenComparing(Claim::pool));
    int has = granted.getOrDefault(claim.pool(), 0);
    if (has >= claim.wanted() || claim.costMicros() > left) {
      hungry.remove(claim);
      return 0;
    }
    granted.put(claim.pool(), has + 1);
    return claim.costMicros();
  }
}
