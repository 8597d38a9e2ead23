package io.millrace.platform.provision;

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

/** Reads what {@code targets} declares at present. */
public final class DeclaredTargets {
  private static final Duration POLL = Duration.ofMillis(100);

  private DeclaredTargets() {}

  /**
   * The targets and pools, by key; records that cannot be read are left out.
   *
   * @param kafka settings of the client, brokers included
   * @param serde settings of the serde
   * @param stopping true ends the reading early
   * @throws org.apache.kafka.common.KafkaException if the brokers do not answer
   */
  public static Map<String, TargetSpec> read(
      Map<String, Object> kafka, Map<String, Object> serde, BooleanSupplier stopping) {
    Map<String, TargetSpec> declared = new HashMap<>();
    TotalDeserializer<TargetSpec> reader = TotalDeserializer.forValues(TargetSpec.class, serde);
    try (KafkaConsumer<String, byte[]> consumer =
        new KafkaConsumer<>(kafka, new StringDeserializer(), new ByteArrayDeserializer())) {
      List<TopicPartition> partitions =
          consumer.partitionsFor(Topics.TARGETS.name()).stream()
              .map(info -> new TopicPartition(info.topic(), info.partition()))
              .toList();
      Map<TopicPartition, Long> ends = consumer.endOffsets(partitions);
      consumer.assign(partitions);
      consumer.seekToBeginning(partitions);
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
    }
    return declared;
  }
}
