package io.millrace.topologies.health.logic;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashSet;
import java.util.Random;
import java.util.Set;
import java.util.UUID;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;

class ConversationSampleTest {
  private static String name(Random random) {
    return new UUID(random.nextLong(), random.nextLong()).toString();
  }

  @Property(tries = 50)
  void howeverManyStepsComeAFewASecondAreFollowed(
      @ForAll @IntRange(min = 1, max = 20_000) int perSecond, @ForAll long seed) {
    Random random = new Random(seed);
    ConversationSample sample = new ConversationSample();
    int followed = 0;
    for (int second = 0; second < 60; second++) {
      followed = second < 40 ? 0 : followed;
      for (int i = 0; i < perSecond; i++) {
        followed += sample.follows(name(random), 1_000L * second) ? 1 : 0;
      }
    }
    assertThat(followed).as("in the last twenty seconds").isBetween(20, 400);
  }

  @Property(tries = 50)
  void whatABusyTaskFollowsAnIdleOneFollowsToo(@ForAll long seed) {
    Random random = new Random(seed);
    ConversationSample busy = new ConversationSample();
    ConversationSample idle = new ConversationSample();
    for (int i = 0; i < 50_000; i++) {
      busy.follows(name(random), i / 10);
    }
    Set<String> followed = new HashSet<>();
    for (int i = 0; i < 20_000; i++) {
      String conversation = name(random);
      if (busy.follows(conversation, 10_000 + i)) {
        followed.add(conversation);
        assertThat(idle.follows(conversation, 10_000L + 1_000L * i)).isTrue();
      }
    }
    assertThat(followed).isNotEmpty();
  }

  @Example
  void aSingleConversationThatFloodsIsNotFollowedForEver() {
    ConversationSample sample = new ConversationSample();
    int followed = 0;
    for (int i = 0; i < 100_000; i++) {
      followed += sample.follows("flood", 0) ? 1 : 0;
    }
    assertThat(followed).isLessThan(400);
  }

  @Example
  void aClockThatWasAheadDoesNotKeepItStrict() {
    ConversationSample sample = new ConversationSample();
    for (int i = 0; i < 10_000; i++) {
      sample.follows("c" + i, 3_600_000);
    }
    int followed = 0;
    for (int second = 0; second < 60; second++) {
      followed += sample.follows("again " + second, 1_000L * second) ? 1 : 0;
    }
    assertThat(followed).isGreaterThan(30);
  }
}
