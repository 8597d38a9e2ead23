package io.millrace.benchmarks.metastable;

import java.util.ArrayList;
import java.util.List;

/**
 * What became of each shape.
 *
 * @param seed of all runs
 * @param shapes in the order of {@link Shape}
 */
public record MetastableReport(long seed, List<ShapeRow> shapes) {
  private static final double GOODPUT_MIN = 0.95;
  private static final double NAIVE_MAX = 0.7;
  private static final double AMPLIFICATION_MAX = 1.2;

  /**
   * One shape.
   *
   * @param goodputRatio goodput (answers within the deadline per call) 25 to 30 s after the
   *     trigger's end over that before the trigger, with every control on
   * @param recoveredAfterS seconds after the trigger's end from which on goodput stays at 95 %; -1:
   *     it does not within 30
   * @param naiveGoodputRatio the best five seconds of these 30, with every control off, a fixed
   *     timeout and three retries
   * @param amplification attempts per operation that was sent, over the whole run
   * @param naiveAmplification the same with every control off
   * @param without one row for each control that is off alone
   */
  public record ShapeRow(
      String name,
      double goodputRatio,
      int recoveredAfterS,
      double naiveGoodputRatio,
      double amplification,
      double naiveAmplification,
      List<WithoutRow> without) {}

  /**
   * One control off.
   *
   * @param control its name
   * @param goodputRatio as with every control on
   * @param recoveredAfterS as with every control on
   * @param amplification as with every control on
   */
  public record WithoutRow(
      String control, double goodputRatio, int recoveredAfterS, double amplification) {}

  /** What may not be, a line each; empty when the drill held. */
  public List<String> violations() {
    List<String> violations = new ArrayList<>();
    for (ShapeRow row : shapes) {
      if (row.goodputRatio < GOODPUT_MIN) {
        violations.add(
            "%s: goodput came back to %.2f only; at least %.2f must"
                .formatted(row.name, row.goodputRatio, GOODPUT_MIN));
      }
      if (row.naiveGoodputRatio >= NAIVE_MAX) {
        violations.add(
            "%s: it recovers without controls too (%.2f): it shows nothing"
                .formatted(row.name, row.naiveGoodputRatio));
      }
      if (row.amplification > AMPLIFICATION_MAX) {
        violations.add(
            "%s: %.2f attempts per operation; at most %.1f may be sent"
                .formatted(row.name, row.amplification, AMPLIFICATION_MAX));
      }
    }
    return violations;
  }
}
