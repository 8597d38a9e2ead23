package io.millrace.topologies.health.logic;

/**
 * Chooses the conversations that are followed to learn which target rests on which: the same ones
 * in every task, and few enough that following them costs next to nothing.
 *
 * <p>A conversation is followed whose hash ends in enough zero bits, as in N. G. Duffield, M.
 * Grossglauser, "Trajectory Sampling for Direct Traffic Observation", IEEE/ACM Transactions on
 * Networking 2001. A task that sees more than ten steps of such conversations in a second asks for
 * one bit more, one that sees few for one less. What the strictest task follows, every other
 * follows too, so that these conversations are seen whole.
 */
public final class ConversationSample {
  private static final int STEPS_MAX = 10;
  private static final int STEPS_FEW = 2;
  private static final long TURN_MILLIS = 1_000;

  private int zeros;
  private int steps;
  private long turn;

  /**
   * Whether a step of the conversation is to be reported.
   *
   * @param conversation name of it, or of a plan
   */
  public boolean follows(String conversation, long nowMillis) {
    long now = Math.floorDiv(nowMillis, TURN_MILLIS);
    if (now != turn) {
      turn = now;
      zeros -= steps <= STEPS_FEW && zeros > 0 ? 1 : 0;
      steps = 0;
    }
    if (Integer.numberOfTrailingZeros(mixed(conversation.hashCode())) < zeros) {
      return false;
    }
    steps++;
    if (steps > STEPS_MAX) {
      zeros++;
      steps = 0;
      return false;
    }
    return true;
  }

  /** The finalizer of MurmurHash3: every bit of a name counts in every bit of it. */
  private static int mixed(int hash) {
    int h = hash ^ (hash >>> 16);
    h *= 0x85ebca6b;
    h ^= h >>> 13;
    h *= 0xc2b2ae35;
    return h ^ (h >>> 16);
  }
}
