package io.millrace.benchmarks.decisions;

import io.millrace.benchmarks.client.Connection;
import io.millrace.events.HealthStatus;
import io.millrace.schemas.topics.Topics;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.PartitionInfo;
import org.apache.kafka.common.TopicPartition;

/** Reads {@code health.status} until it says what was sent. */
final class StatusWatch implements AutoCloseable {
  private static final Duration POLL = Duration.ofMillis(50);

  private final Consumer<String, HealthStatus> consumer;
  private final Map<String, Counts> seen = new HashMap<>();
  private long lastAt;

  StatusWatch(Connection connection) {
    this.consumer = connection.consumer(Topics.HEALTH_STATUS, Map.of());
    List<TopicPartition> partitions =
        consumer.partitionsFor(Topics.HEALTH_STATUS.name()).stream()
            .map((PartitionInfo p) -> new TopicPartition(p.topic(), p.partition()))
            .toList();
    consumer.assign(partitions);
    consumer.seekToBeginning(partitions);
  }

  /**
   * Waits until each target has its counts.
   *
   * @return the time of the record that completed them, Unix milliseconds; -1 if some still differ
   *     when no record came for the given time, or the process is gone
   */
  long await(Map<String, Counts> expected, Duration silence) {
    long end = System.nanoTime() + silence.toNanos();
    while (System.nanoTime() - end < 0) {
      for (ConsumerRecord<String, HealthStatus> record : consumer.poll(POLL)) {
        HealthStatus status = record.value();
        if (status != null) {
          Counts counts = Counts.of(status);
          if (!counts.equals(seen.put(status.getTarget(), counts))) {
            lastAt = Math.max(lastAt, record.timestamp());
            end = System.nanoTime() + silence.toNanos();
          }
        }
      }
      if (differences(expected, seen).isEmpty()) {
        return lastAt;
      }
    }
    return -1;
  }

  /** What is wrong with the counts that were last seen; empty when nothing is. */
  String differences(Map<String, Counts> expected) {
    return differences(expected, seen);
  }

  static String differences(Map<String, Counts> expected, Map<String, Counts> seen) {
    StringBuilder differences = new StringBuilder();
    new TreeMap<>(expected)
        .forEach(
            (target, sent) -> {
              if (!sent.equals(seen.get(target))) {
                differences.append(
                    "%n  %s: sent %s, health.status says %s"
                        .formatted(target, sent, seen.get(target)));
              }
            });
    return differences.toString();
  }

  @Override
  public void close() {
    consumer.close();
  }
}
