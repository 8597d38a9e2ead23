package io.millrace.platform.demo.analysis;

import java.time.Duration;

/**
 * What a caller may choose about an analysis.
 *
 * @param top most findings listed in each part of a result, 1 to 100
 * @param minDuplicateLines shortest duplicate block in normalised lines, at least 2
 * @param gitTimeout how long one git command may take
 * @param limits how much of the tree is read
 */
public record AnalysisOptions(
    int top, int minDuplicateLines, Duration gitTimeout, TreeLimits limits) {

  /** 20 findings, blocks of 6 lines, 10 s for git, the default limits. */
  public static final AnalysisOptions DEFAULT =
      new AnalysisOptions(20, 6, Duration.ofSeconds(10), TreeLimits.DEFAULT);

  public AnalysisOptions {
    if (top < 1 || top > 100) {
      throw new IllegalArgumentException("top is " + top + ", expected 1 to 100");
    }
    if (minDuplicateLines < 2) {
      throw new IllegalArgumentException(
          "minDuplicateLines is " + minDuplicateLines + ", expected at least 2");
    }
    if (gitTimeout.isNegative() || gitTimeout.isZero()) {
      throw new IllegalArgumentException("gitTimeout is " + gitTimeout + ", expected more than 0");
    }
  }

  /** The same options with another number of findings. */
  public AnalysisOptions withTop(int other) {
    return new AnalysisOptions(other, minDuplicateLines, gitTimeout, limits);
  }

  /** The same options with other limits. */
  public AnalysisOptions withLimits(TreeLimits other) {
    return new AnalysisOptions(top, minDuplicateLines, gitTimeout, other);
  }
}
