package io.millrace.topologies.dispatch.logic;

import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Whether an answer is worth writing to the store and the log before anyone asked for it again.
 *
 * <p>It is when what that saves, the probability that it is asked for again times what having it
 * anew costs, is no less than what writing it costs. The probability is that of the target's recent
 * look-ups, told from a sample: of one in {@value #SAMPLE} fingerprints everything is written, so
 * that the estimate does not depend on what was decided by it (Waldspurger, Saemundsson, Ahmad,
 * Park, "Cache Modeling and Optimization using Miniature Simulations", ATC 2017, for sampling by a
 * hash of the key). A target of which nothing is known is taken for one whose answers are asked for
 * again.
 *
 * <p>Not safe for use by several threads.
 */
final class Reuse {
  private static final int SAMPLE = 16;

  /** Sampled look-ups that count; older ones fade. */
  private static final double HORIZON = 256;

  /** So many look-ups that found something a target begins with. */
  private static final double PRIOR = 8;

  /** Targets whose look-ups are remembered, the last used. */
  private static final int TARGETS_MAX = 10_000;

  /** What a request through a worker takes besides the run, milliseconds. */
  private static final double PATH_MS = 4;

  /** What writing an answer takes, milliseconds, however short it is. */
  private static final double WRITE_MS = 0.1;

  /** Three writes and their compaction: {@code bench inference}, cached_64k beside bytes_64k. */
  private static final double WRITE_MS_PER_BYTE = 27e-6;

  private final Map<String, Rate> targets =
      new LinkedHashMap<>(16, 0.75f, true) {
        @Override
        protected boolean removeEldestEntry(Map.Entry<String, Rate> eldest) {
          return size() > TARGETS_MAX;
        }
      };

  /**
   * Sees a look-up.
   *
   * @param key of the fingerprint
   * @param found whether there was an answer to be served
   */
  void looked(String target, long key, boolean found) {
    if (sampled(key)) {
      targets.computeIfAbsent(target, name -> new Rate()).count(found);
    }
  }

  /**
   * Whether it is worth writing.
   *
   * @param key of the fingerprint
   * @param bytes it takes
   * @param runMillis what the run took
   */
  boolean worthWriting(String target, long key, int bytes, double runMillis) {
    Rate rate = targets.get(target);
    return rate == null
        || sampled(key)
        || rate.found / rate.looked * (PATH_MS + runMillis) >= WRITE_MS + bytes * WRITE_MS_PER_BYTE;
  }

  private static boolean sampled(long key) {
    return (key & (SAMPLE - 1)) == 0;
  }

  private static final class Rate {
    private double looked = PRIOR;
    private double found = PRIOR;

    void count(boolean hit) {
      looked = looked * (1 - 1 / HORIZON) + 1;
      found = found * (1 - 1 / HORIZON) + (hit ? 1 : 0);
    }
  }
}
