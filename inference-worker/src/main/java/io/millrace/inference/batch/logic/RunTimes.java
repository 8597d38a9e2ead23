package io.millrace.inference.batch.logic;

/**
 * Estimates how long a run takes from its rows: a part that every run has, and a part per row.
 *
 * <p>A straight line fitted by least squares, in which each run counts a little less than the next,
 * so that the line follows the machine. Method: exponentially weighted recursive least squares
 * (Haykin, "Adaptive Filter Theory").
 */
public final class RunTimes {

  private static final double FORGET = 0.98;

  /**
   * Runs of too equal sizes say nothing of the slope: least squared deviation over squared mean.
   */
  private static final double SPREAD_MIN = 0.02;

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
   * The fewest rows with which no more than a share of the run's time does not grow with the rows;
   * {@link Integer#MAX_VALUE} where that is not known.
   */
  public int enough(double share) {
    if (!known()) {
      return Integer.MAX_VALUE;
    }
    double perRow = perRow();
    double wanted = perRow == 0 ? Integer.MAX_VALUE : perRun() * (1 - share) / (share * perRow);
    return (int) Math.max(1, Math.min(Integer.MAX_VALUE, Math.ceil(wanted)));
  }
}
