package io.millrace.benchmarks.cache;

import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.TreeMap;

/**
 * Evicts what is used again last, which takes knowing the future: no policy has more hits among
 * entries of one size. With sizes it is a good guess, no bound.
 *
 * <p>Source: Belady, "A study of replacement algorithms for a virtual-storage computer", IBM
 * Systems Journal 1966; what is never used again, or later than all that is held, is not admitted.
 */
final class Belady {
  private static final int NEVER = Integer.MAX_VALUE;

  private Belady() {}

  static Score run(Trace trace, long capacity, boolean byBytes) {
    int[] next = nextUses(trace);
    TreeMap<Integer, Integer> byNextUse = new TreeMap<>();
    Map<Long, Integer> heldUntil = new HashMap<>();
    long weight = 0;
    Score score = new Score();
    for (int i = 0; i < trace.size(); i++) {
      boolean hit = heldUntil.remove(trace.key(i), i);
      Integer before = byNextUse.remove(i);
      weight -= before == null ? 0 : before;
      score.add(hit, trace.cost(i));
      int more = byBytes ? trace.bytes(i) : 1;
      if (next[i] == NEVER || more > capacity) {
        continue;
      }
      byNextUse.put(next[i], more);
      heldUntil.put(trace.key(i), next[i]);
      weight += more;
      while (weight > capacity) {
        Map.Entry<Integer, Integer> last = byNextUse.pollLastEntry();
        heldUntil.remove(trace.key(last.getKey()));
        weight -= last.getValue();
      }
    }
    return score;
  }

  private static int[] nextUses(Trace trace) {
    int[] next = new int[trace.size()];
    Arrays.fill(next, NEVER);
    Map<Long, Integer> seen = new HashMap<>();
    for (int i = trace.size() - 1; i >= 0; i--) {
      Integer later = seen.put(trace.key(i), i);
      if (later != null) {
        next[i] = later;
      }
    }
    return next;
  }
}
