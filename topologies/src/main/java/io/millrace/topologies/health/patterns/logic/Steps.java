package io.millrace.topologies.health.patterns.logic;

import io.millrace.events.HealthSummary;
import java.util.TreeMap;
import java.util.function.Consumer;

/**
 * Puts summaries into steps of event time and hands on each step once, in order, when nothing more
 * is expected for it.
 *
 * <p>What comes after its step was handed on is left out. A gap of more than a minute is no
 * information, not a minute of silence: the steps within are skipped.
 */
final class Steps {
  private static final long GRACE_MILLIS = 2_000;
  private static final long GAP_MILLIS = 60_000;

  private final TreeMap<Long, Step> open = new TreeMap<>();
  private long next = Long.MIN_VALUE;

  /** Adds a summary; one from before the open steps, or from the future, is left out. */
  void add(HealthSummary summary, long nowMillis) {
    long at = summary.getToAt().toEpochMilli();
    if (at > nowMillis + Step.MILLIS || at < nowMillis - GAP_MILLIS) {
      return;
    }
    long from = at - Math.floorMod(at, Step.MILLIS);
    if (next == Long.MIN_VALUE) {
      next = from;
    }
    if (from >= next) {
      open.computeIfAbsent(from, Step::new).add(summary);
    }
  }

  /** If the clock was set back by more than a minute, goes on from there. */
  void follow(long nowMillis) {
    if (next != Long.MIN_VALUE && nowMillis < next - GAP_MILLIS) {
      open.clear();
      next = nowMillis - Math.floorMod(nowMillis, Step.MILLIS);
    }
  }

  /** Hands on the steps that are over. */
  void close(long nowMillis, Consumer<Step> steps) {
    if (next == Long.MIN_VALUE) {
      return;
    }
    while (next + Step.MILLIS + GRACE_MILLIS <= nowMillis) {
      if (open.isEmpty() && nowMillis - next > GAP_MILLIS) {
        next = nowMillis - GRACE_MILLIS - Step.MILLIS;
        next -= Math.floorMod(next, Step.MILLIS);
      }
      Step step = open.remove(next);
      steps.accept(step == null ? new Step(next) : step);
      next += Step.MILLIS;
    }
  }
}
