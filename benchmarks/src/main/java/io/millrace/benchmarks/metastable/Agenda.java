package io.millrace.benchmarks.metastable;

import java.util.PriorityQueue;

/** Virtual time: what is to happen when. */
final class Agenda {
  private final PriorityQueue<Entry> entries = new PriorityQueue<>();
  private long number;
  private long now;

  private record Entry(long at, long number, Runnable action) implements Comparable<Entry> {
    @Override
    public int compareTo(Entry other) {
      int byTime = Long.compare(at, other.at);
      return byTime != 0 ? byTime : Long.compare(number, other.number);
    }
  }

  /** Milliseconds since the start. */
  long now() {
    return now;
  }

  /** Does it so many milliseconds from now. */
  void after(long millis, Runnable action) {
    entries.add(new Entry(now + Math.max(0, millis), number++, action));
  }

  /** Lets time pass up to then. */
  void runUntil(long end) {
    while (!entries.isEmpty() && entries.element().at <= end) {
      Entry next = entries.remove();
      now = next.at;
      next.action.run();
    }
    now = end;
  }
}
