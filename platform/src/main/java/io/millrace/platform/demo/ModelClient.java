package io.millrace.platform.demo;

import io.millrace.events.Alert;
import io.millrace.events.InferenceRequest;
import io.millrace.events.InferenceResult;
import io.millrace.events.TargetSpec;
import io.millrace.platform.embedded.Endpoints;
import io.millrace.schemas.identity.Fingerprint;
import io.millrace.schemas.serde.EventSerializer;
import io.millrace.schemas.serde.Received;
import io.millrace.schemas.serde.SerdeConfig;
import io.millrace.schemas.serde.TotalDeserializer;
import io.millrace.schemas.topics.InferenceTopics;
import io.millrace.schemas.topics.Topics;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ThreadLocalRandom;
import org.apache.avro.specific.SpecificRecord;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.WakeupException;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.jspecify.annotations.Nullable;

/** What any program with a Kafka client can do with models: writes requests, reads answers. */
final class ModelClient implements AutoCloseable {
  private static final Duration POLL = Duration.ofMillis(200);
  private static final Duration SETUP = Duration.ofSeconds(20);
  private static final Duration DEADLINE = Duration.ofSeconds(20);

  private final KafkaProducer<String, SpecificRecord> producer;
  private final KafkaConsumer<String, byte[]> consumer;
  private final TotalDeserializer<InferenceResult> results;
  private final TotalDeserializer<Alert> alerts;
  private final int replyPartition;
  private final Map<String, CompletableFuture<InferenceResult>> asked = new ConcurrentHashMap<>();
  private final Map<String, CompletableFuture<Alert>> verdicts = new ConcurrentHashMap<>();
  private final Thread thread = new Thread(this::read, "demo-models");
  private volatile boolean closing;

  /** Connects, and reads answers from now on. */
  ModelClient(Endpoints endpoints) {
    Map<String, Object> serde =
        Map.of(SerdeConfig.SCHEMA_REGISTRY_URL, endpoints.schemaRegistryUrl());
    Map<String, Object> kafka =
        Map.of("bootstrap.servers", endpoints.bootstrapServers(), "metric.reporters", "");
    this.results = TotalDeserializer.forValues(InferenceResult.class, serde);
    this.alerts = TotalDeserializer.forValues(Alert.class, serde);
    this.producer =
        new KafkaProducer<>(kafka, new StringSerializer(), EventSerializer.forValues(serde));
    this.consumer =
        new KafkaConsumer<>(kafka, new StringDeserializer(), new ByteArrayDeserializer());
    String topic = InferenceTopics.RESULTS.name();
    this.replyPartition =
        ThreadLocalRandom.current().nextInt(consumer.partitionsFor(topic, SETUP).size());
    List<TopicPartition> read = new ArrayList<>();
    read.add(new TopicPartition(topic, replyPartition));
    consumer
        .partitionsFor(Topics.ALERTS.name(), SETUP)
        .forEach(alert -> read.add(new TopicPartition(alert.topic(), alert.partition())));
    consumer.assign(read);
    consumer.seekToEnd(read);
    read.forEach(partition -> consumer.position(partition, SETUP));
    thread.setDaemon(true);
    thread.start();
  }

  /** Declares a model and waits until that is in the log. */
  void declare(TargetSpec spec) throws InterruptedException {
    TargetSpec stamped =
        TargetSpec.newBuilder(spec).setId(DemoClient.newId()).setOccurredAt(Instant.now()).build();
    try {
      producer.send(new ProducerRecord<>(Topics.TARGETS.name(), spec.getTarget(), stamped)).get();
    } catch (ExecutionException e) {
      throw new DemoException("the broker refused a target: " + e.getCause(), e);
    }
  }

  /** Asks a model and waits for the answer. */
  InferenceResult answer(String model, float[] features) throws InterruptedException {
    return DemoClient.await(ask(model, features), DEADLINE, "answer of " + model);
  }

  /** Asks a model. */
  CompletableFuture<InferenceResult> ask(String model, float[] features) {
    String id = DemoClient.newId();
    Instant now = Instant.now();
    InferenceRequest request =
        InferenceRequest.newBuilder()
            .setId(id)
            .setOccurredAt(now)
            .setModel(model)
            .setInputs(List.of(DemoModel.input(features)))
            .setDeadlineAt(now.plus(DEADLINE))
            .setReplyPartition(replyPartition)
            .build();
    CompletableFuture<InferenceResult> answer = new CompletableFuture<>();
    asked.put(id, answer);
    producer.send(
        new ProducerRecord<>(InferenceTopics.REQUESTS.name(), Fingerprint.ofOperation(id), request),
        (metadata, e) -> {
          if (e != null) {
            answer.completeExceptionally(e);
          }
        });
    return answer;
  }

  /** The verdict on a canary of an ensemble, once there is one. */
  CompletableFuture<Alert> verdict(String ensemble) {
    return verdicts.computeIfAbsent(ensemble, target -> new CompletableFuture<>());
  }

  private void read() {
    try (consumer) {
      while (!closing) {
        for (ConsumerRecord<String, byte[]> record : consumer.poll(POLL)) {
          if (record.topic().equals(Topics.ALERTS.name())) {
            alert(alerts.deserialize(record.topic(), record.value()));
          } else {
            result(results.deserialize(record.topic(), record.value()));
          }
        }
      }
    } catch (WakeupException e) {
      // Sent by close() only.
      closing = true;
    }
  }

  private void result(@Nullable Received<InferenceResult> received) {
    InferenceResult result = received == null ? null : received.record();
    CompletableFuture<InferenceResult> answer =
        result == null ? null : asked.remove(result.getOperationId());
    if (answer != null) {
      answer.complete(result);
    }
  }

  private void alert(@Nullable Received<Alert> received) {
    Alert alert = received == null ? null : received.record();
    if (alert != null && alert.getType().startsWith("CANARY")) {
      verdict(alert.getTarget()).complete(alert);
    }
  }

  @Override
  public void close() {
    closing = true;
    consumer.wakeup();
    try {
      thread.join(Duration.ofSeconds(5).toMillis());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    producer.close(Duration.ofSeconds(1));
  }
}
