package io.millrace.topologies.dispatch.logic;

import java.util.Map;
import java.util.TreeMap;
import java.util.function.BiConsumer;

/**
 * Tells tasks that were lost on the way into a worker from tasks that merely wait their turn, for
 * the tasks that one dispatch task hands to one pool.
 *
 * <p>Such tasks lie in one partition and are handed to workers in its order, and whatever runs is
 * heard of within a second (an end, a claim or a beat). So a task that is still silent two seconds
 * after a later one was heard had begun and lost its worker; it is given three in all. A task at
 * the head of the queue that nothing overtakes may be lost too, or the pool is busy: it is sent
 * again once per silence, which the worker, or the claim, makes harmless.
 */
final class HandOver {
  private final TreeMap<Long, Waiting> unheard = new TreeMap<>();
  private final long silenceMillis;
  private long latestSent;
  private long latestHeard;
  private long newerMark;
  private long olderMark;
  private long overtakenBelow;
  private long markedAt;
  private long headSequence = -1;
  private long headSince;
  private long stalledAt;

  private record Waiting(String fingerprint, long sentAt) {}

  /**
   * @param silenceMillis how long a task that began may stay silent; it is lost when it has been
   *     silent for so long since it was sent, and overtaken for two thirds of that
   */
  HandOver(long silenceMillis, long nowMillis) {
    this.silenceMillis = silenceMillis;
    this.markedAt = nowMillis;
  }

  void sent(long sequence, String fingerprint, long nowMillis) {
    unheard.put(sequence, new Waiting(fingerprint, nowMillis));
    latestSent = Math.max(latestSent, sequence);
  }

  /** Notes that a worker was heard on this task; what was not sent from here proves nothing. */
  void heard(long sequence) {
    unheard.remove(sequence);
    if (sequence <= latestSent) {
      latestHeard = Math.max(latestHeard, sequence);
    }
  }

  /** Forgets a task that nobody waits for any more. */
  void forget(long sequence) {
    unheard.remove(sequence);
  }

  /**
   * Forgets what was concluded from time so far, after a stall of our own or a clock that was set
   * back.
   */
  void stalled(long nowMillis) {
    unheard.replaceAll(
        (sequence, waiting) ->
            waiting.sentAt <= nowMillis ? waiting : new Waiting(waiting.fingerprint, nowMillis));
    newerMark = overtakenBelow;
    olderMark = overtakenBelow;
    markedAt = nowMillis;
    headSince = nowMillis;
    stalledAt = nowMillis;
  }

  /**
   * Finds what is lost.
   *
   * @param lost gets sequence and fingerprint of tasks that had begun and are silent
   * @param stuck gets sequence and fingerprint of a task that has been at the head of the queue for
   *     the silence
   */
  void check(long nowMillis, BiConsumer<Long, String> lost, BiConsumer<Long, String> stuck) {
    if (nowMillis - markedAt >= silenceMillis / 3) {
      overtakenBelow = olderMark;
      olderMark = newerMark;
      newerMark = latestHeard;
      markedAt = nowMillis;
    }
    Map.Entry<Long, Waiting> head = unheard.firstEntry();
    while (head != null
        && head.getKey() < overtakenBelow
        && nowMillis - Math.max(stalledAt, head.getValue().sentAt) >= silenceMillis) {
      unheard.remove(head.getKey());
      lost.accept(head.getKey(), head.getValue().fingerprint);
      head = unheard.firstEntry();
    }
    if (head == null) {
      headSequence = -1;
    } else if (head.getKey() != headSequence) {
      headSequence = head.getKey();
      headSince = nowMillis;
    } else if (nowMillis - headSince >= silenceMillis) {
      headSince = nowMillis;
      unheard.remove(headSequence);
      stuck.accept(head.getKey(), head.getValue().fingerprint);
    }
  }
}
