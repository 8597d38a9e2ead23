package io.millrace.gateway.events;

import io.millrace.gateway.http.Refusal;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.apache.kafka.common.TopicPartition;

/**
 * How far a stream has come: the next offset of each partition of its topics. As text it is the id
 * of an event, with which a client that was cut off goes on where it ended.
 *
 * <p>The text has the topics in the order of the request, separated by {@code ;}, and the offsets
 * of a topic's partitions in base 36, separated by {@code .}.
 */
final class Positions {
  private static final int TEXT_MAX = 16 << 10;

  private final Map<String, long[]> next = new LinkedHashMap<>();

  /**
   * Positions at given offsets.
   *
   * @param topics in the order of the request
   * @param offsets of all their partitions
   */
  Positions(List<String> topics, Map<TopicPartition, Long> offsets) {
    Map<String, Map<Integer, Long>> byTopic = new LinkedHashMap<>();
    topics.forEach(topic -> byTopic.put(topic, new TreeMap<>()));
    offsets.forEach(
        (partition, offset) ->
            byTopic
                .computeIfAbsent(partition.topic(), topic -> new TreeMap<>())
                .put(partition.partition(), offset));
    byTopic.forEach(
        (topic, partitions) ->
            next.put(topic, partitions.values().stream().mapToLong(Long::longValue).toArray()));
  }

  /**
   * Goes back to where a text says, but not behind the positions that this has.
   *
   * @throws Refusal if the text is not of a stream of the same topics and partitions
   */
  void rewind(String text) {
    String[] topics = text.split(";", -1);
    if (text.length() > TEXT_MAX || topics.length != next.size()) {
      throw foreign(text);
    }
    List<long[]> offsets = new ArrayList<>(next.values());
    for (int i = 0; i < topics.length; i++) {
      String[] partitions = topics[i].split("\\.", -1);
      long[] own = offsets.get(i);
      if (partitions.length != own.length) {
        throw foreign(text);
      }
      for (int p = 0; p < own.length; p++) {
        own[p] = Math.min(own[p], offset(partitions[p], text));
      }
    }
  }

  private static long offset(String digits, String text) {
    try {
      long offset = Long.parseLong(digits, 36);
      if (offset >= 0) {
        return offset;
      }
    } catch (NumberFormatException notAnOffset) {
      // Said below, with what was given.
    }
    throw foreign(text);
  }

  private static Refusal foreign(String text) {
    String shown = text.length() <= 60 ? text : text.substring(0, 60) + "…";
    return Refusal.wrong(
        "EVENT_ID_INVALID",
        "The last event's id '"
            + shown
            + "' is not one of a stream of these topics, in this order; leave it out to begin with"
            + " what comes next.");
  }

  /** A record was passed. */
  void passed(String topic, int partition, long offset) {
    long[] own = next.get(topic);
    if (own != null && partition < own.length) {
      own[partition] = offset + 1;
    }
  }

  /** The next offset of a partition. */
  long next(TopicPartition partition) {
    long[] own = next.get(partition.topic());
    if (own == null) {
      throw new IllegalArgumentException(partition + " is not of this stream");
    }
    return own[partition.partition()];
  }

  @Override
  public String toString() {
    StringBuilder text = new StringBuilder();
    next.forEach(
        (topic, offsets) -> {
          if (text.length() > 0) {
            text.append(';');
          }
          for (int p = 0; p < offsets.length; p++) {
            text.append(p == 0 ? "" : ".").append(Long.toString(offsets[p], 36));
          }
        });
    return text.toString();
  }
}
