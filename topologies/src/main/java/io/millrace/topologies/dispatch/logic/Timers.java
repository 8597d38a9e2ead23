package io.millrace.topologies.dispatch.logic;

import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Consumer;

/**
 * Due times of things, one per thing, in order; times are rounded up to ticks of 10 ms so that what
 * is due together is kept together.
 *
 * @param <K> name of a thing
 */
public final class Timers<K> {
  private static final long TICK_MS = 10;

  private final TreeMap<Long, Set<K>> byTick = new TreeMap<>();
  private final Map<K, Long> ticks = new HashMap<>();

  /** Sets when the thing is due, milliseconds since the epoch, in place of an earlier time. */
  public void set(K thing, long dueMillis) {
    // Rounded up without overflow: a deadline may lie at the end of time.
    long tick = -Math.floorDiv(-Math.max(dueMillis, -Long.MAX_VALUE), TICK_MS);
    Long before = ticks.put(thing, tick);
    if (before != null) {
      if (before == tick) {
        return;
      }
      drop(before, thing);
    }
    byTick.computeIfAbsent(tick, t -> new LinkedHashSet<>()).add(thing);
  }

  /** Forgets the thing, if it is there. */
  public void remove(K thing) {
    Long tick = ticks.remove(thing);
    if (tick != null) {
      drop(tick, thing);
    }
  }

  /**
   * Takes out what is due and gives it to {@code action}, which may set new times.
   *
   * @return how late the latest of them was, milliseconds; 0 if nothing was due
   */
  public long expire(long nowMillis, Consumer<K> action) {
    long lateness = 0;
    long nowTick = Math.floorDiv(nowMillis, TICK_MS);
    while (!byTick.isEmpty() && byTick.firstKey() <= nowTick) {
      Map.Entry<Long, Set<K>> first = byTick.firstEntry();
      lateness = Math.max(lateness, nowMillis - first.getKey() * TICK_MS);
      // One at a time: the action may remove or move others of the same tick.
      K thing = first.getValue().iterator().next();
      remove(thing);
      action.accept(thing);
    }
    return lateness;
  }

  int size() {
    return ticks.size();
  }

  private void drop(long tick, K thing) {
    Set<K> bucket = byTick.get(tick);
    if (bucket != null) {
      bucket.remove(thing);
      if (bucket.isEmpty()) {
        byTick.remove(tick);
      }
    }
  }
}
