package io.millrace.gateway.events;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.gateway.http.Refusal;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.apache.kafka.common.TopicPartition;

class PositionsPropertyTest {
  private static final List<String> TOPICS = List.of("b", "a");

  private static Map<TopicPartition, Long> ends(int partitions, Random random) {
    Map<TopicPartition, Long> ends = new HashMap<>();
    for (String topic : TOPICS) {
      for (int p = 0; p < partitions; p++) {
        ends.put(new TopicPartition(topic, p), Math.abs(random.nextLong() >> random.nextInt(64)));
      }
    }
    return ends;
  }

  @Property
  void theTextBringsAStreamBackToWhereItWas(
      @ForAll @IntRange(min = 1, max = 30) int partitions, @ForAll Random random) {
    Map<TopicPartition, Long> then = ends(partitions, random);
    String text = new Positions(TOPICS, then).toString();
    Map<TopicPartition, Long> now = new HashMap<>();
    then.forEach((partition, offset) -> now.put(partition, offset + 5));
    Positions later = new Positions(TOPICS, now);

    later.rewind(text);

    then.forEach((partition, offset) -> assertThat(later.next(partition)).isEqualTo(offset));
  }

  @Property
  void noTextLeadsBeyondTheEnd(@ForAll @IntRange(min = 1, max = 5) int partitions) {
    Map<TopicPartition, Long> ends = ends(partitions, new Random(partitions));
    Map<TopicPartition, Long> beyond = new HashMap<>();
    ends.forEach((partition, end) -> beyond.put(partition, Long.MAX_VALUE));
    Positions positions = new Positions(TOPICS, ends);

    positions.rewind(new Positions(TOPICS, beyond).toString());

    ends.forEach((partition, end) -> assertThat(positions.next(partition)).isEqualTo(end));
  }

  @Property
  void anyOtherTextIsRefused(@ForAll String text) {
    Positions positions =
        new Positions(
            List.of("a"), Map.of(new TopicPartition("a", 0), 1L, new TopicPartition("a", 1), 1L));
    if (!text.matches("\\+?[0-9a-zA-Z]{1,12}\\.\\+?[0-9a-zA-Z]{1,12}")) {
      assertThatThrownBy(() -> positions.rewind(text)).isInstanceOf(Refusal.class);
    }
  }

  @Example
  void aPassedRecordMovesItsPartitionOnly() {
    Positions positions =
        new Positions(
            List.of("a"), Map.of(new TopicPartition("a", 0), 1L, new TopicPartition("a", 1), 1L));

    positions.passed("a", 1, 41);

    assertThat(positions).hasToString("1.16");
  }
}
