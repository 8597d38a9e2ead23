package io.millrace.topologies.scaling.logic;

/**
 * What a pool was asked for in one window.
 *
 * @param number of the window since the epoch
 * @param perSecond arrivals per second
 * @param serviceMs mean time that one operation keeps a slot, milliseconds; 0: none ended
 * @param variability (ca² + cs²) / 2 of arrivals and service, 1 if that is not known
 * @param queued operations that wait for a slot at its end
 * @param busy whether there is work at its end, be it that nobody takes it
 */
public record PoolWindow(
    long number,
    double perSecond,
    double serviceMs,
    double variability,
    double queued,
    boolean busy) {

  /**
   * Checks the figures.
   *
   * @throws IllegalArgumentException if one is negative or not finite
   */
  public PoolWindow {
    for (double figure : new double[] {perSecond, serviceMs, variability, queued}) {
      if (!(figure >= 0) || Double.isInfinite(figure)) {
        throw new IllegalArgumentException(
            "figures of a window are finite and 0 or more: %s per second, %s ms, %s, %s queued"
                .formatted(perSecond, serviceMs, variability, queued));
      }
    }
  }

  /** The same, and there was work. */
  PoolWindow withWork() {
    return new PoolWindow(number, perSecond, serviceMs, variability, queued, true);
  }
}
