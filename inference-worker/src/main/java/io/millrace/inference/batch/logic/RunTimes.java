package io.millrace.inference.batch.logic;

/**
 * Estimates how long a run takes from its rows: a part that every run has, and a part per row; and
 * which size of a run gives most.
 *
 * <p>The parts are a straight line fitted by least squares, in which each run counts a little less
 * than the next, so that the line follows the machine. Method: exponentially weighted recursive
 * least squares (Haykin, "Adaptive Filter Theory").
 *
 * <p>Which size gives most a line cannot say: beyond what the caches hold a row takes longer again.
 * So the time of a row is kept for each power of two of rows as it was measured.
 */
public final class RunTimes {

  private static final double FORGET = 0.98;

  /**
   * Runs of too equal sizes say nothing of the slope: least squared deviation over squared mean.
   */
  private static final double SPREAD_MIN = 0.02;

  /** What a run counts among those of its size. */
  private static final double SIZE_LEARNS = 0.125;

  /**
   * Nanoseconds of a row in runs of more than 2^(k-1) and at most 2^k rows; 0 where none was seen.
   */
  private final double[] bySize = new double[Integer.SIZE];

  private double weight;
  private double rows;
  private double nanos;
  private double rowsRows;
  private double rowsNanos;

  /** Learns from a run. */
  public void add(int runRows, long runNanos) {
    weight = weight * FORGET + 1;
    rows = rows * FORGET + runRows;
    nanos = nanos * FORGET + runNanos;
    rowsRows = rowsRows * FORGET + (double) runRows * runRows;
    rowsNanos = rowsNanos * FORGET + (double) runRows * runNanos;
    int size = Integer.SIZE - Integer.numberOfLeadingZeros(runRows - 1);
    double each = (double) Math.max(1, runNanos) / runRows;
    bySize[size] = bySize[size] == 0 ? each : bySize[size] + SIZE_LEARNS * (each - bySize[size]);
  }

  /** Whether runs of different sizes have been seen, so that the parts can be told apart. */
  public boolean known() {
    return weight > 1 && spread() > SPREAD_MIN * (rows / weight) * (rows / weight);
  }

  private double spread() {
    return rowsRows / weight - rows / weight * (rows / weight);
  }

  /** Time per row, nanoseconds; that of the mean row where the parts are not {@link #known}. */
  public double perRow() {
    if (weight == 0) {
      return 0;
    }
    if (!known()) {
      return nanos / rows;
    }
    double slope = (rowsNanos / weight - rows / weight * (nanos / weight)) / spread();
    return Math.max(0, Math.min(slope, nanos / rows));
  }

  /** Time that every run has, nanoseconds; 0 where the parts are not {@link #known}. */
  public double perRun() {
    return weight == 0 || !known() ? 0 : nanos / weight - perRow() * (rows / weight);
  }

  /** Time of a run, nanoseconds; where the parts are not {@link #known}, that of the mean run. */
  public double of(int runRows) {
    return weight == 0 ? 0 : known() ? perRun() + perRow() * runRows : nanos / weight;
  }

  /**
   * The rows with which each takes no more than a share longer than in runs of the best size;
   * {@link Integer#MAX_VALUE} where those are the largest that were seen, for larger ones may give
   * more.
   */
  public int enough(double share) {
    double best = Double.MAX_VALUE;
    int largest = 0;
    for (int size = 0; size < bySize.length; size++) {
      if (bySize[size] > 0) {
        best = Math.min(best, bySize[size]);
        largest = size;
      }
    }
    for (int size = 0; size < largest; size++) {
      if (bySize[size] > 0 && bySize[size] <= best * (1 + share)) {
        return 1 << size;
      }
    }
    return Integer.MAX_VALUE;
  }
}
