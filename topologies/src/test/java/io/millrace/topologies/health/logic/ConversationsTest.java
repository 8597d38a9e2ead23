package io.millrace.topologies.health.logic;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class ConversationsTest {
  private final Conversations conversations = new Conversations();

  private List<String> ended(String conversation, String target, long from, long to) {
    List<String> dependsOn = new ArrayList<>();
    conversations.ended(conversation, target, from, to, dependsOn::add);
    return dependsOn;
  }

  @Test
  void workThatEndsAroundOtherWorkCalledIt() {
    assertThat(ended("c", "tool:lookup", 10, 20)).isEmpty();
    assertThat(ended("c", "tool:geo", 22, 30)).containsExactly("tool:lookup");
    assertThat(ended("c", "tool:agent", 5, 40)).containsExactly("tool:geo", "tool:lookup");
  }

  @Test
  void workThatBeginsAfterOtherWorkRestsOnItAndWorkBesideItDoesNot() {
    ended("c", "tool:first", 0, 10);

    assertThat(ended("c", "tool:second", 10, 20)).containsExactly("tool:first");
    assertThat(ended("c", "tool:beside", 15, 25)).isEmpty();
  }

  @Test
  void otherConversationsAndTheTargetItselfDoNotCount() {
    ended("c", "tool:a", 0, 10);

    assertThat(ended("d", "tool:b", 20, 30)).isEmpty();
    assertThat(ended("c", "tool:a", 20, 30)).isEmpty();
  }

  @Test
  void theOldestConversationsAreForgotten() {
    ended("old", "tool:a", 0, 10);
    for (int i = 0; i < 2_048; i++) {
      ended("c" + i, "tool:a", 0, 10);
    }

    assertThat(ended("old", "tool:b", 20, 30)).isEmpty();
    assertThat(ended("c2047", "tool:b", 20, 30)).containsExactly("tool:a");
  }
}
