package io.millrace.benchmarks.selector;

import java.util.Random;
import java.util.random.RandomGenerator;

/**
 * Models whose costs, latencies and agreement with the largest are known, class by class, and one
 * drift.
 *
 * <p>All is drawn from the seed.
 *
 * <ul>
 *   <li><em>Models.</em> Four, of cost 1, 2.5, 5 and 10 (each ± 20 %) times the size of the class's
 *       inputs (0.5 to 2, logarithmically uniform); each run's cost varies by 20 % (log-normal).
 *       The dearest is the reference, agrees with itself and is in time.
 *   <li><em>Classes.</em> Five; the k-th gets a part of the requests in proportion to
 *       k<sup>-0.8</sup>.
 *   <li><em>Quality.</em> A class has a difficulty, uniform in 0 to 1; the smaller models a
 *       strength of 0.35, 0.6 and 0.8, ± 0.15 per class. Where strength exceeds difficulty the
 *       agreement is the target plus 30 to 100 % of what is left to 1 (so with a target of 95 %:
 *       96.5 to 100 %); else it is 2 to 30 points below the target. Closer to the target than that
 *       lies nothing: the samples of a run could not tell. {@code nearTarget} takes that away:
 *       agreement is then uniform from the target to 1, or from 30 points below it to the target.
 *   <li><em>Latency.</em> Log-normal with σ = 0.5. A model is fast in a class (median 15 to 38 % of
 *       the objective: 97 to 100 % in time) with probability 0.9, else slow (median 60 to 120 %: 36
 *       to 85 %). No two runs depend on each other.
 *   <li><em>Drift.</em> One, at once, between 30 and 70 % of the requests, of one of four kinds
 *       with equal probability: a model worsens in all classes in which it was good, to 5 to 30
 *       points below the target; one class becomes that hard for all smaller models; a model
 *       becomes slow in all classes; a model becomes good in all classes. The model that worsens or
 *       slows, and the class, is one where it matters: the cheapest that does in at least one
 *       class, if there is any.
 * </ul>
 */
final class SyntheticWorld {
  static final int MODELS = 4;
  static final int CLASSES = 5;

  /** The last is the reference. */
  static final int REFERENCE = MODELS - 1;

  private static final double[] COSTS = {1, 2.5, 5, 10};
  private static final double[] STRENGTHS = {0.35, 0.6, 0.8};
  private static final double SIGMA = 0.5;

  private final double target;
  private final double objectiveMs;
  private final boolean nearTarget;
  private final double[] share = new double[CLASSES];
  private final double[][] cost = new double[CLASSES][MODELS];
  private final double[][][] agreement = new double[2][CLASSES][MODELS];
  private final double[][][] median = new double[2][CLASSES][MODELS];
  private final long driftAt;
  private final String drift;

  /**
   * @param requests how many will be asked
   * @param target agreement that is asked for
   * @param nearTarget whether agreement may lie as close to the target as it happens to
   */
  SyntheticWorld(long seed, long requests, double target, double objectiveMs, boolean nearTarget) {
    Random random = new Random(seed);
    this.target = target;
    this.objectiveMs = objectiveMs;
    this.nearTarget = nearTarget;
    classes(random);
    driftAt = (long) (requests * between(random, 0.3, 0.7));
    for (int c = 0; c < CLASSES; c++) {
      agreement[1][c] = agreement[0][c].clone();
      median[1][c] = median[0][c].clone();
    }
    drift = drift(random);
  }

  private static double between(RandomGenerator random, double low, double high) {
    return low + (high - low) * random.nextDouble();
  }

  private void classes(Random random) {
    double[] base = new double[MODELS];
    for (int m = 0; m < MODELS; m++) {
      base[m] = COSTS[m] * between(random, 0.8, 1.2);
    }
    double sum = 0;
    for (int c = 0; c < CLASSES; c++) {
      share[c] = Math.pow(c + 1, -0.8);
      sum += share[c];
      double size = Math.exp(between(random, Math.log(0.5), Math.log(2)));
      double difficulty = random.nextDouble();
      for (int m = 0; m < MODELS; m++) {
        cost[c][m] = base[m] * size;
        boolean good = m == REFERENCE || STRENGTHS[m] + between(random, -0.15, 0.15) > difficulty;
        agreement[0][c][m] = m == REFERENCE ? 1 : good ? good(random) : bad(random, 0.02);
        boolean fast = random.nextDouble() < 0.9 || m == REFERENCE;
        median[0][c][m] = fast ? between(random, 0.15, 0.38) : slow(random);
      }
    }
    for (int c = 0; c < CLASSES; c++) {
      share[c] /= sum;
    }
  }

  private double good(RandomGenerator random) {
    return target + (1 - target) * between(random, nearTarget ? 0 : 0.3, 1);
  }

  private double bad(RandomGenerator random, double least) {
    return target - between(random, nearTarget ? 0 : least, 0.3);
  }

  private static double slow(RandomGenerator random) {
    return between(random, 0.6, 1.2);
  }

  private String drift(Random random) {
    int kind = random.nextInt(4);
    int c = random.nextInt(CLASSES);
    for (int tried = 0; tried < CLASSES && best(c, 0) == REFERENCE; tried++) {
      c = (c + 1) % CLASSES;
    }
    int m = best(c, 0) == REFERENCE ? random.nextInt(REFERENCE) : best(c, 0);
    switch (kind) {
      case 0 -> {
        for (int k = 0; k < CLASSES; k++) {
          agreement[1][k][m] = agreement[0][k][m] < target ? agreement[0][k][m] : bad(random, 0.05);
        }
        return "model %d worsens".formatted(m);
      }
      case 1 -> {
        for (int k = 0; k < REFERENCE; k++) {
          agreement[1][c][k] = agreement[0][c][k] < target ? agreement[0][c][k] : bad(random, 0.05);
        }
        return "class %d becomes harder".formatted(c);
      }
      case 2 -> {
        for (int k = 0; k < CLASSES; k++) {
          median[1][k][m] = slow(random);
        }
        return "model %d becomes slow".formatted(m);
      }
      default -> {
        int better = random.nextInt(REFERENCE);
        for (int k = 0; k < CLASSES; k++) {
          agreement[1][k][better] = good(random);
        }
        return "model %d becomes good".formatted(better);
      }
    }
  }

  String drift() {
    return drift;
  }

  long driftAt() {
    return driftAt;
  }

  /** The class of a request. */
  int inputClass(RandomGenerator random) {
    double left = random.nextDouble();
    for (int c = 0; c < CLASSES - 1; c++) {
      left -= share[c];
      if (left < 0) {
        return c;
      }
    }
    return CLASSES - 1;
  }

  /** Before the drift 0, after it 1. */
  int phase(long request) {
    return request < driftAt ? 0 : 1;
  }

  /** Mean cost of a run. */
  double cost(int c, int m) {
    return cost[c][m];
  }

  /** Share of answers that agree with the reference's. */
  double agreement(int phase, int c, int m) {
    return agreement[phase][c][m];
  }

  boolean goodEnough(int phase, int c, int m) {
    return agreement[phase][c][m] >= target;
  }

  /** Whether 95 % of runs are in time: the 95th percentile of what log-normal runs take. */
  boolean fastEnough(int phase, int c, int m) {
    return median[phase][c][m] * Math.exp(1.644854 * SIGMA) <= 1;
  }

  /** The cheapest model that meets both targets in that phase. */
  int best(int c, int phase) {
    for (int m = 0; m < REFERENCE; m++) {
      if (goodEnough(phase, c, m) && fastEnough(phase, c, m)) {
        return m;
      }
    }
    return REFERENCE;
  }

  /** The cheapest model that meets both targets before and after the drift. */
  int bestFixed(int c) {
    for (int m = 0; m < REFERENCE; m++) {
      if (best(c, m, 0) && best(c, m, 1)) {
        return m;
      }
    }
    return REFERENCE;
  }

  private boolean best(int c, int m, int phase) {
    return goodEnough(phase, c, m) && fastEnough(phase, c, m);
  }

  /** What one run cost. */
  double runCost(int c, int m, RandomGenerator random) {
    return cost[c][m] * Math.exp(0.2 * random.nextGaussian() - 0.02);
  }

  /** How long one run took, milliseconds. */
  double latencyMs(int phase, int c, int m, RandomGenerator random) {
    return objectiveMs * median[phase][c][m] * Math.exp(SIGMA * random.nextGaussian());
  }
}
