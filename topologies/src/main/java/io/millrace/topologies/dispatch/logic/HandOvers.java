package io.millrace.topologies.dispatch.logic;

import io.millrace.events.Attempt;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BiConsumer;

/** The hand-overs of one dispatch task, one for each pool it has sent to. */
final class HandOvers {
  private final Map<String, HandOver> byPool = new HashMap<>();
  private final long silenceMillis;

  HandOvers(long silenceMillis) {
    this.silenceMillis = silenceMillis;
  }

  /** The flight's task was sent under its present number. */
  void sent(LiveFlight live, long now) {
    byPool
        .computeIfAbsent(live.flight.getPool(), pool -> new HandOver(silenceMillis, now))
        .sent(live.flight.getSequence(), live.fingerprint, now);
  }

  /** A worker said something of a task. */
  void heard(Attempt attempt) {
    HandOver handOver = byPool.get(attempt.getPool());
    if (handOver != null) {
      handOver.heard(attempt.getSequence());
    }
  }

  /** The flight's task is watched no more. */
  void forget(LiveFlight live) {
    HandOver handOver = byPool.get(live.flight.getPool());
    if (handOver != null) {
      handOver.forget(live.flight.getSequence());
    }
  }

  /** As {@link HandOver#stalled}. */
  void stalled(long now) {
    byPool.values().forEach(handOver -> handOver.stalled(now));
  }

  /** As {@link HandOver#check}. */
  void check(long now, BiConsumer<Long, String> lost, BiConsumer<Long, String> stuck) {
    // A copy: what is sent again may go to a pool that had no hand-over yet.
    List.copyOf(byPool.values()).forEach(handOver -> handOver.check(now, lost, stuck));
  }
}
