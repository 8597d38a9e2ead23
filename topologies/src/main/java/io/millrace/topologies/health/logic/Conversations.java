package io.millrace.topologies.health.logic;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Consumer;

/**
 * Learns which target's work rests on whose, from the order in which work of one conversation ends.
 *
 * <p>Work that ended within the span of other work was called by it; work that ended before other
 * work began came before it, and the other may rest on its output. Work that overlaps otherwise ran
 * side by side. Remembered are the last four ends of each of the 2,048 latest conversations, so all
 * work of a conversation is to be seen by the same one of these.
 */
public final class Conversations {
  private static final int CONVERSATIONS_MAX = 2_048;
  private static final int ENDS_MAX = 4;

  private record End(String target, long startedAt, long endedAt) {}

  private final Map<String, Deque<End>> ends =
      new LinkedHashMap<>(16, 0.75f, true) {
        @Override
        protected boolean removeEldestEntry(Map.Entry<String, Deque<End>> eldest) {
          return size() > CONVERSATIONS_MAX;
        }
      };

  /**
   * Takes work that ended.
   *
   * @param conversation what it belongs to
   * @param startedAt milliseconds since the epoch, as {@code endedAt}
   * @param dependsOn takes each target that the work rests on
   */
  public void ended(
      String conversation,
      String target,
      long startedAt,
      long endedAt,
      Consumer<String> dependsOn) {
    Deque<End> before = ends.computeIfAbsent(conversation, c -> new ArrayDeque<>(ENDS_MAX));
    boolean latest = true;
    for (Iterator<End> newestFirst = before.descendingIterator(); newestFirst.hasNext(); ) {
      End end = newestFirst.next();
      boolean called = end.startedAt >= startedAt && end.endedAt <= endedAt;
      boolean followed = latest && end.endedAt <= startedAt;
      if ((called || followed) && !end.target.equals(target)) {
        dependsOn.accept(end.target);
      }
      latest = false;
    }
    if (before.size() == ENDS_MAX) {
      before.removeFirst();
    }
    before.addLast(new End(target, startedAt, endedAt));
  }
}
