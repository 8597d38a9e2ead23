package io.millrace.topologies.scaling.logic;

import java.time.Duration;

/**
 * How many windows natural seasons have.
 *
 * @param hour windows of an hour; 0 if an hour is not a whole number of windows
 * @param day windows of a day; 0 if a day is not a whole number of windows
 */
public record Seasons(int hour, int day) {
  private static final long HOUR_MILLIS = 3_600_000;
  private static final long DAY_MILLIS = 24 * HOUR_MILLIS;

  /**
   * The seasons of windows of a length.
   *
   * @param window 1 s or longer
   * @throws IllegalArgumentException if it is shorter
   */
  public static Seasons of(Duration window) {
    long millis = window.toMillis();
    if (millis < 1_000) {
      throw new IllegalArgumentException("a window is 1 s or longer, not " + window);
    }
    return new Seasons(windows(HOUR_MILLIS, millis), windows(DAY_MILLIS, millis));
  }

  private static int windows(long season, long millis) {
    return season % millis == 0 ? (int) (season / millis) : 0;
  }
}
