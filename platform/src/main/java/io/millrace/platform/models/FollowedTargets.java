package io.millrace.platform.models;

import io.millrace.events.TargetSpec;
import io.millrace.schemas.serde.Received;
import io.millrace.schemas.serde.TotalDeserializer;
import io.millrace.schemas.topics.Topics;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BooleanSupplier;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.StringDeserializer;

/** What is declared in {@code targets}, read on to its end whenever it is asked. */
final class FollowedTargets implements AutoCloseable {
  private static final Duration POLL = Duration.ofMillis(100);

  private final KafkaConsumer<String, byte[]> consumer;
  private final TotalDeserializer<TargetSpec> reader;
  private final BooleanSupplier stopping;
  private final Map<String, TargetSpec> declared = new HashMap<>();
  private List<TopicPartition> partitions = List.of();

  /**
   * Reads nothing yet.
   *
   * @param stopping true ends a read before its end
   */
  FollowedTargets(Map<String, Object> kafka, Map<String, Object> serde, BooleanSupplier stopping) {
    this.consumer =
        new KafkaConsumer<>(kafka, new StringDeserializer(), new ByteArrayDeserializer());
    this.reader = TotalDeserializer.forValues(TargetSpec.class, new HashMap<>(serde));
    this.stopping = stopping;
  }

  /**
   * What is declared now, by key; what cannot be read changes nothing.
   *
   * @throws org.apache.kafka.common.KafkaException if the brokers do not answer
   */
  Map<String, TargetSpec> now() {
    if (partitions.isEmpty()) {
      partitions =
          consumer.partitionsFor(Topics.TARGETS.name()).stream()
              .map(info -> new TopicPartition(info.topic(), info.partition()))
              .toList();
      consumer.assign(partitions);
      consumer.seekToBeginning(partitions);
    }
    Map<TopicPartition, Long> ends = consumer.endOffsets(partitions);
    while (!stopping.getAsBoolean()
        && ends.entrySet().stream().anyMatch(e -> consumer.position(e.getKey()) < e.getValue())) {
      for (ConsumerRecord<String, byte[]> record : consumer.poll(POLL)) {
        Received<TargetSpec> received = reader.deserialize(record.topic(), record.value());
        TargetSpec spec = received == null ? null : received.record();
        if (record.key() != null && spec != null) {
          declared.put(record.key(), spec);
        } else if (record.key() != null && received == null) {
          declared.remove(record.key());
        }
      }
    }
    return declared;
  }

  @Override
  public void close() {
    consumer.close();
  }
}
