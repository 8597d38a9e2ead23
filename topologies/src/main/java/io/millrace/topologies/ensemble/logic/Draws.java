package io.millrace.topologies.ensemble.logic;

import io.millrace.schemas.identity.Ids;
import java.util.SplittableRandom;
import java.util.random.RandomGenerator;

/** Draws that follow from an operation id, so that whoever repeats them draws the same. */
final class Draws {
  private static final int HEX_DIGITS = 12;
  private static final double RANGE = 1L << (4 * HEX_DIGITS);

  private Draws() {}

  /** Draws of one purpose, independent of those of others. */
  static RandomGenerator generator(String operationId, String purpose) {
    String id = Ids.derived(operationId, "draws", purpose);
    return new SplittableRandom(Long.parseLong(id.substring(id.length() - HEX_DIGITS), 16));
  }

  /** A number from 0 to below 1; of different purposes independent of each other. */
  static double uniform(String operationId, String purpose) {
    String id = Ids.derived(operationId, "draw", purpose);
    return Long.parseLong(id.substring(id.length() - HEX_DIGITS), 16) / RANGE;
  }
}
