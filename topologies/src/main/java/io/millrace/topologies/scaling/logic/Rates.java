package io.millrace.topologies.scaling.logic;

import io.millrace.topologies.memory.logic.Memory;

/**
 * The last rates of a pool as logarithms, above a floor, so that changes are shares and a silent
 * window is no abyss.
 *
 * <p>The floor is a twentieth of the slow mean of the rates; each rate is kept by its logarithm at
 * the floor of its time, and the floor moves slowly.
 */
final class Rates {
  private static final double FLOOR = 0.05;
  private static final double MEAN_DECAY = 0.999;

  private final double[] logs;
  private double sum;
  private double weight;
  private long count;

  /**
   * @param capacity how many are kept
   */
  Rates(int capacity) {
    this.logs = new double[capacity];
  }

  void add(double rate) {
    sum = MEAN_DECAY * sum + rate;
    weight = MEAN_DECAY * weight + 1;
    logs[slot(count)] = Math.log(rate + floor());
    count++;
  }

  /** What is added to a rate; positive. */
  private double floor() {
    return Math.max(1e-9, FLOOR * sum / weight);
  }

  /** The rate that has this logarithm now; 0 or more. */
  double rate(double log) {
    return Math.max(0, Math.exp(log) - floor());
  }

  /** The logarithm of the rate some windows ago; of the oldest one known, if that was before. */
  double ago(long windows) {
    long oldest = Math.min(count, logs.length) - 1;
    return logs[slot(count - 1 - Math.min(windows, oldest))];
  }

  /** Mean of the last logarithms, of fewer where fewer are known. */
  double mean(int windows) {
    int known = (int) Math.min(Math.min(windows, count), logs.length);
    double total = 0;
    for (int i = 0; i < known; i++) {
      total += ago(i);
    }
    return total / known;
  }

  void remember(Memory memory) {
    sum = memory.number(sum);
    weight = memory.number(weight);
    count = memory.count(count);
    memory.roundedNumbers(logs);
  }

  private int slot(long index) {
    return (int) Math.floorMod(index, (long) logs.length);
  }
}
