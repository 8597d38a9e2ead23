package io.millrace.platform.cli;

import io.millrace.schemas.serde.Received;
import io.millrace.schemas.serde.TotalDeserializer;
import io.millrace.schemas.serde.Undecodable;
import io.millrace.schemas.topics.Topic;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.apache.avro.specific.SpecificRecord;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.OffsetAndTimestamp;
import org.apache.kafka.common.TopicPartition;
import org.jspecify.annotations.Nullable;

/** Reads a compacted topic from its beginning to its present end: the last record of each key. */
final class TableReader {
  private static final Duration POLL = Duration.ofMillis(200);

  private final Cluster cluster;
  private final Progress progress;
  private int undecodable;

  TableReader(Cluster cluster, Progress progress) {
    this.cluster = cluster;
    this.progress = progress;
  }

  /** How many records could not be read so far; they are left out. */
  int undecodable() {
    return undecodable;
  }

  /**
   * The table, by key.
   *
   * @throws CommandException if there is no such topic, its end is not reached in time, or the
   *     registry is away
   */
  <T extends SpecificRecord> Map<String, T> read(Topic<T> topic) {
    return read(topic, null);
  }

  /**
   * The part of a table that was written since then, by key.
   *
   * @param since null: ever
   * @throws CommandException if there is no such topic, or its end is not reached in time
   */
  <T extends SpecificRecord> Map<String, T> read(Topic<T> topic, @Nullable Instant since) {
    Map<String, T> table = new TreeMap<>();
    TotalDeserializer<T> deserializer =
        TotalDeserializer.forValues(topic.record(), cluster.serdeSettings());
    var partitions = cluster.partitions(topic.name());
    try (Consumer<String, byte[]> consumer = cluster.consumer()) {
      Map<TopicPartition, Long> ends = consumer.endOffsets(partitions);
      consumer.assign(partitions);
      seek(consumer, partitions, ends, since);
      long lastProgress = System.nanoTime();
      while (ends.entrySet().stream().anyMatch(e -> consumer.position(e.getKey()) < e.getValue())) {
        for (ConsumerRecord<String, byte[]> record : consumer.poll(POLL)) {
          lastProgress = System.nanoTime();
          put(table, record.key(), deserializer.deserialize(topic.name(), record.value()));
        }
        if (System.nanoTime() - lastProgress > Cluster.WAIT_MAX.toNanos()) {
          throw CommandException.unreachable(
              "the broker stopped answering while " + topic.name() + " was read", null);
        }
        progress.tick(() -> "reading " + topic.name() + ": " + table.size() + " keys");
      }
    }
    return table;
  }

  private static void seek(
      Consumer<String, byte[]> consumer,
      List<TopicPartition> partitions,
      Map<TopicPartition, Long> ends,
      @Nullable Instant since) {
    if (since == null) {
      consumer.seekToBeginning(partitions);
      return;
    }
    Map<TopicPartition, Long> times = new HashMap<>();
    partitions.forEach(partition -> times.put(partition, since.toEpochMilli()));
    Map<TopicPartition, OffsetAndTimestamp> found = consumer.offsetsForTimes(times);
    for (TopicPartition partition : partitions) {
      OffsetAndTimestamp first = found.get(partition);
      consumer.seek(partition, first == null ? ends.getOrDefault(partition, 0L) : first.offset());
    }
  }

  private <T extends SpecificRecord> void put(
      Map<String, T> table, @Nullable String recordKey, @Nullable Received<T> received) {
    String key = recordKey == null ? "" : recordKey;
    if (received == null) {
      table.remove(key);
      return;
    }
    Undecodable problem = received.problem();
    T record = received.record();
    if (problem != null && problem.reason().equals(TotalDeserializer.REGISTRY_UNAVAILABLE)) {
      throw CommandException.unreachable(problem.message(), null);
    }
    if (record == null) {
      undecodable++;
    } else {
      table.put(key, record);
    }
  }
}
