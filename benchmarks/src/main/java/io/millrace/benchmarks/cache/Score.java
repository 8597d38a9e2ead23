package io.millrace.benchmarks.cache;

/** What a cache was worth: its hits, and the cost that they saved. */
final class Score {
  private long accesses;
  private long hits;
  private double cost;
  private double saved;

  void add(boolean hit, float itsCost) {
    accesses++;
    cost += itsCost;
    if (hit) {
      hits++;
      saved += itsCost;
    }
  }

  /** Hits of a hundred accesses, to two decimals. */
  double hitRatePct() {
    return percent((double) hits, (double) accesses);
  }

  /** Share of the cost that hits saved, percent to two decimals. */
  double costSavedPct() {
    return percent(saved, cost);
  }

  private static double percent(double part, double whole) {
    return Math.round(1e4 * part / whole) / 1e2;
  }
}
