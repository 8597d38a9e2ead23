package io.millrace.benchmarks.metastable;

import java.util.HashSet;
import java.util.Set;

/** Calls, answers in time and attempts, by second of virtual time. */
final class Tally {
  private static final long SECOND = 1_000;
  private static final int WINDOW_S = 5;

  private final int[] called = new int[(int) (Shape.END / SECOND) + 1];
  private final int[] answered = new int[called.length];
  private final Set<String> operations = new HashSet<>();
  private int sent;

  void called(long now) {
    called[(int) (now / SECOND)]++;
  }

  void answered(long now) {
    answered[(int) (now / SECOND)]++;
  }

  void sent(String operationId) {
    sent++;
    operations.add(operationId);
  }

  /** Share of the calls that were answered within their deadline, before the trigger. */
  double before() {
    return share(Shape.WARM, Shape.TRIGGER_FROM);
  }

  private double share(long from, long to) {
    double calls = 0;
    double answers = 0;
    for (int second = (int) (from / SECOND); second < to / SECOND; second++) {
      calls += called[second];
      answers += answered[second];
    }
    return calls == 0 ? 0 : answers / calls;
  }

  /** Goodput in the five seconds that end 30 s after the trigger, relative to before it. */
  double recovered() {
    long end = Shape.TRIGGER_TO + 30 * SECOND;
    return share(end - WINDOW_S * SECOND, end) / before();
  }

  /** The best that five seconds in a row had in the 30 s after the trigger, relative to before. */
  double best() {
    double best = 0;
    for (long end = Shape.TRIGGER_TO + WINDOW_S * SECOND;
        end <= Shape.TRIGGER_TO + 30 * SECOND;
        end += SECOND) {
      best = Math.max(best, share(end - WINDOW_S * SECOND, end) / before());
    }
    return best;
  }

  /** Seconds after the trigger's end from which on goodput stays at 95 % of before; -1: never. */
  int recoveredAfterSeconds() {
    int first = -1;
    for (int second = (int) (Shape.TRIGGER_TO / SECOND);
        second < Shape.TRIGGER_TO / SECOND + 30;
        second++) {
      boolean well = share(second * SECOND, (second + 1) * SECOND) >= 0.95 * before();
      if (!well) {
        first = -1;
      } else if (first < 0) {
        first = second - (int) (Shape.TRIGGER_TO / SECOND);
      }
    }
    return first;
  }

  /** Attempts sent, per operation that was sent at all, over the whole run. */
  double amplification() {
    return operations.isEmpty() ? 0 : (double) sent / operations.size();
  }
}
