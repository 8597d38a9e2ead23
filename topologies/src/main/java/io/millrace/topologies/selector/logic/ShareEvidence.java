package io.millrace.topologies.selector.logic;

import io.millrace.topologies.memory.logic.Memory;
import java.util.Arrays;

/**
 * Tells whether a share of good outcomes is at least what is asked for, as outcomes come one by
 * one.
 *
 * <p>Two tests that may be looked at after every outcome. <em>It is enough</em> once a bet against
 * "too small" has multiplied its stake by 1/δ: likelihood ratios of three better shares, averaged
 * (I. Waudby-Smith, A. Ramdas, "Estimating means of bounded random variables by betting", JRSS B
 * 86, 2024); by Ville's inequality that happens with probability δ at most while the share is too
 * small. <em>It is too small</em> once one of three cumulative sums for worse shares, which never
 * fall below zero, reaches ln(1/α) (E. S. Page, "Continuous Inspection Schemes", Biometrika 41,
 * 1954; G. Lorden, Ann. Math. Stat. 42, 1971: no more often than once in 1/(3α) outcomes while the
 * share is just enough, and exponentially rarer above it). The alternatives lie at fixed ratios of
 * the odds of a bad outcome, so that one set serves for any share.
 *
 * <p>What was found too small may be tried anew: the bets start again, and the k-th time they must
 * win k·(k+1)/2 times as much, so that all trials together err with probability 2δ at most.
 */
public final class ShareEvidence {
  private static final double[] BETTER_ODDS = {0.65, 0.35, 0.12};
  private static final double[] WORSE_ODDS = {1.6, 3, 7};
  private static final double SHARE_MAX = 0.9999;
  private static final double PRIOR_MAX = 50;

  private final double[] betterGood = new double[BETTER_ODDS.length];
  private final double[] betterBad = new double[BETTER_ODDS.length];
  private final double[] worseGood = new double[WORSE_ODDS.length];
  private final double[] worseBad = new double[WORSE_ODDS.length];
  private final double priorGood;
  private final double proof;
  private final double alarm;
  private final double[] bets = new double[BETTER_ODDS.length];
  private final double[] sums = new double[WORSE_ODDS.length];
  private double good;
  private double bad;
  private long trials = 1;
  private boolean enough;

  /**
   * @param share that is asked for, 0 to 1, both excluded; above 0.9999 that is taken
   * @param wrongProof how often too small a share may be found enough, 0 to 1, both excluded
   * @param falseAlarm the same of finding one too small that is just enough, within three outcomes
   */
  public ShareEvidence(double share, double wrongProof, double falseAlarm) {
    double bad = 1 - Math.min(SHARE_MAX, share);
    if (!(bad > 0 && bad < 1 && inner(wrongProof) && inner(falseAlarm))) {
      throw new IllegalArgumentException(
          "share and probabilities lie between 0 and 1, not %s, %s and %s"
              .formatted(share, wrongProof, falseAlarm));
    }
    this.priorGood = Math.min(PRIOR_MAX, (1 - bad) / bad);
    this.proof = -Math.log(wrongProof);
    this.alarm = -Math.log(falseAlarm);
    logRatios(bad, BETTER_ODDS, betterGood, betterBad);
    logRatios(bad, WORSE_ODDS, worseGood, worseBad);
  }

  private static boolean inner(double share) {
    return share > 0 && share < 1;
  }

  private static void logRatios(double bad, double[] odds, double[] onGood, double[] onBad) {
    for (int i = 0; i < odds.length; i++) {
      double alternative = odds[i] * bad / (1 - bad + odds[i] * bad);
      onGood[i] = Math.log((1 - alternative) / (1 - bad));
      onBad[i] = Math.log(alternative / bad);
    }
  }

  /**
   * Takes an outcome.
   *
   * @return whether it was now found too small, by this outcome; then the next trial has begun
   */
  public boolean take(boolean isGood) {
    if (isGood) {
      good++;
    } else {
      bad++;
    }
    for (int i = 0; i < bets.length; i++) {
      bets[i] += isGood ? betterGood[i] : betterBad[i];
    }
    boolean tooSmall = false;
    for (int i = 0; i < sums.length; i++) {
      sums[i] = Math.max(0, sums[i] + (isGood ? worseGood[i] : worseBad[i]));
      tooSmall |= sums[i] >= alarm;
    }
    if (tooSmall) {
      restart();
      return true;
    }
    enough = enough || evidence() >= needed();
    return false;
  }

  /** Begins the next trial: what was known is no longer true. */
  public void restart() {
    Arrays.fill(bets, 0);
    Arrays.fill(sums, 0);
    good = 0;
    bad = 0;
    enough = false;
    trials++;
  }

  /** Whether it was found to be enough, and not too small since. */
  public boolean enough() {
    return enough;
  }

  /** Whether something speaks for its being too small at present. */
  public boolean doubtful() {
    for (double sum : sums) {
      if (sum > 0) {
        return true;
      }
    }
    return false;
  }

  /** How often it was begun, from 1. */
  public long trials() {
    return trials;
  }

  /** Outcomes of this trial. */
  public long seen() {
    return Math.round(good + bad);
  }

  /** Good outcomes of this trial. */
  public long seenGood() {
    return Math.round(good);
  }

  /** Logarithm of what the bets have made of a stake of 1. */
  public double evidence() {
    double most = Double.NEGATIVE_INFINITY;
    for (double bet : bets) {
      most = Math.max(most, bet);
    }
    double sum = 0;
    for (double bet : bets) {
      sum += Math.exp(bet - most);
    }
    return most + Math.log(sum / bets.length);
  }

  /** What {@link #evidence} must reach. */
  public double needed() {
    return proof + Math.log(trials * (trials + 1) / 2.0);
  }

  /**
   * A share as it might be, given what was seen: a draw from the normal approximation of the
   * posterior, where before anything was seen it is thought to be about what is asked for.
   *
   * @param gaussian drawn from the standard normal distribution
   * @return 0 to 1
   */
  public double plausible(double gaussian) {
    double n = priorGood + good + 1 + bad;
    double mean = (priorGood + good) / n;
    double deviation = Math.sqrt(mean * (1 - mean) / (n + 1));
    return Math.max(0, Math.min(1, mean + deviation * gaussian));
  }

  /** Passes what it has learnt through a memory. */
  void remember(Memory memory) {
    memory.numbers(bets);
    memory.numbers(sums);
    good = memory.number(good);
    bad = memory.number(bad);
    trials = memory.count(trials);
    enough = memory.flag(enough);
  }
}
