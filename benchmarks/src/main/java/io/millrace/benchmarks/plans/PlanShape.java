package io.millrace.benchmarks.plans;

import java.util.Collections;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.Stream;

/**
 * A plan as timed here: calls that run at once and, after them, perhaps one that joins them.
 *
 * @param callMillis how long the tool takes for each call of the first level; at least one
 * @param joinMillis how long the tool takes for the call after them; 0: there is none
 */
record PlanShape(List<Integer> callMillis, int joinMillis) {
  private static final int MILLIS_MIN = 20;
  private static final int MILLIS_MAX = 500;

  PlanShape {
    callMillis = List.copyOf(callMillis);
    if (callMillis.isEmpty()) {
      throw new IllegalArgumentException("a plan needs a call");
    }
  }

  /** One whose calls take 20 to 500 ms each, evenly spread. */
  static PlanShape drawn(int calls, boolean join, SplittableRandom random) {
    List<Integer> millis =
        Stream.generate(() -> random.nextInt(MILLIS_MIN, MILLIS_MAX + 1)).limit(calls).toList();
    return new PlanShape(millis, join ? random.nextInt(MILLIS_MIN, MILLIS_MAX + 1) : 0);
  }

  /** One of equal calls. */
  static PlanShape equal(int calls, int millis) {
    return new PlanShape(Collections.nCopies(calls, millis), 0);
  }

  /** Time below which no schedule gets, milliseconds. */
  int criticalPathMillis() {
    return Collections.max(callMillis) + joinMillis;
  }

  /** Time of all calls one after another, milliseconds. */
  int toolMillis() {
    return callMillis.stream().mapToInt(Integer::intValue).sum() + joinMillis;
  }

  /** Calls that may run at once. */
  int fanOut() {
    return callMillis.size();
  }
}
