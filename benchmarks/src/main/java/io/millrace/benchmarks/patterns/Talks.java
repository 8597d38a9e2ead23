package io.millrace.benchmarks.patterns;

import io.millrace.topologies.health.logic.ConversationSample;
import io.millrace.topologies.health.logic.Conversations;
import java.util.function.Consumer;

/** The conversations of a fleet, of which a sample is followed as in production. */
final class Talks {
  private final ConversationSample sample = new ConversationSample();
  private final Conversations conversations = new Conversations();

  /**
   * An operation ended.
   *
   * @param restsOn takes each target that its own rests on, where that shows
   */
  void ended(
      String conversation, String target, long arrivedAt, long endedAt, Consumer<String> restsOn) {
    if (sample.follows(conversation, endedAt)) {
      conversations.ended(conversation, target, arrivedAt, endedAt, restsOn);
    }
  }
}
