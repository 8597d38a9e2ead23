package io.millrace.platform.embedded;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import io.millrace.events.Outcome;
import io.millrace.events.ServedBy;
import io.millrace.events.ToolResult;
import io.millrace.events.Usage;
import io.millrace.platform.provision.Provisioner;
import io.millrace.schemas.identity.Ids;
import io.millrace.schemas.serde.EventDeserializer;
import io.millrace.schemas.serde.EventSerializer;
import io.millrace.schemas.serde.SerdeConfig;
import io.millrace.schemas.topics.Topics;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ThreadLocalRandom;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The ledger on a real broker, in transactions, across a restart. */
@Timeout(180)
class LedgerEndToEndTest {
  private static final int OPERATIONS = 40;

  @TempDir private Path directory;

  private EmbeddedPlatform platform() {
    PrometheusMeterRegistry meters = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
    List<NewTopic> topics =
        Topics.all().stream().map(topic -> Provisioner.embedded(topic, 4)).toList();
    return EmbeddedPlatform.start(
        new PlatformOptions(directory, 0, 0, 0, false, topics, Duration.ofSeconds(90)),
        meters,
        List.of(new SchemasPart(), OperationsPart.ledger(meters, Map.of(), () -> {})));
  }

  private static Map<String, Object> serde(EmbeddedPlatform platform) {
    return Map.of(SerdeConfig.SCHEMA_REGISTRY_URL, platform.endpoints().schemaRegistryUrl());
  }

  private static ToolResult result(String operationId) {
    return ToolResult.newBuilder()
        .setId(Ids.derived(operationId, "result"))
        .setOperationId(operationId)
        .setTarget("tool:outside")
        .setOccurredAt(Instant.now())
        .setOutcome(Outcome.OK)
        .setServedBy(ServedBy.EXTERNAL)
        .setCostMicros(3)
        .build();
  }

  /** Each answer is written to two partitions, as if it had been asked for again from elsewhere. */
  private static void answer(EmbeddedPlatform platform, List<String> operations) {
    Map<String, Object> settings =
        Map.of(ProducerConfig.BOOTSTRAP_SERVERS_CONFIG, platform.endpoints().bootstrapServers());
    try (KafkaProducer<String, ToolResult> producer =
        new KafkaProducer<>(
            settings, new StringSerializer(), EventSerializer.forValues(serde(platform)))) {
      for (String operation : operations) {
        for (int partition : List.of(0, 3)) {
          producer.send(
              new ProducerRecord<>(
                  Topics.TOOL_RESULTS.name(), partition, operation, result(operation)));
        }
      }
    }
  }

  private static List<String> counted(EmbeddedPlatform platform) {
    Map<String, Object> settings =
        Map.of(
            ConsumerConfig.BOOTSTRAP_SERVERS_CONFIG,
            platform.endpoints().bootstrapServers(),
            ConsumerConfig.ISOLATION_LEVEL_CONFIG,
            "read_committed");
    List<String> counted = new ArrayList<>();
    try (KafkaConsumer<String, Usage> consumer =
        new KafkaConsumer<>(
            settings,
            new StringDeserializer(),
            EventDeserializer.forValues(Usage.class, serde(platform)))) {
      var partitions =
          consumer.partitionsFor(Topics.USAGE.name()).stream()
              .map(info -> new TopicPartition(info.topic(), info.partition()))
              .toList();
      consumer.assign(partitions);
      consumer.seekToBeginning(partitions);
      var ends = consumer.endOffsets(partitions);
      while (ends.entrySet().stream().anyMatch(e -> consumer.position(e.getKey()) < e.getValue())) {
        for (ConsumerRecord<String, Usage> record : consumer.poll(Duration.ofMillis(200))) {
          counted.add(record.value().getOperationId());
        }
      }
    }
    return counted;
  }

  @Test
  void eachOperationIsCountedOnceAlsoWhenItsAnswerComesAgainAfterARestart() {
    List<String> operations = new ArrayList<>();
    for (int i = 0; i < OPERATIONS; i++) {
      operations.add(Ids.v7(System.currentTimeMillis(), ThreadLocalRandom.current()));
    }
    try (EmbeddedPlatform platform = platform()) {
      answer(platform, operations);
      await()
          .atMost(Duration.ofSeconds(60))
          .untilAsserted(
              () -> assertThat(counted(platform)).containsExactlyInAnyOrderElementsOf(operations));
    }
    String last = Ids.v7(System.currentTimeMillis(), ThreadLocalRandom.current());
    List<String> all = new ArrayList<>(operations);
    all.add(last);
    try (EmbeddedPlatform platform = platform()) {
      answer(platform, all);
      await()
          .atMost(Duration.ofSeconds(60))
          .untilAsserted(() -> assertThat(counted(platform)).contains(last));
      assertThat(counted(platform)).containsExactlyInAnyOrderElementsOf(all);
    }
  }
}
