package io.millrace.platform.embedded;

import static org.awaitility.Awaitility.await;

import io.millrace.events.Rejection;
import io.millrace.events.TargetSpec;
import io.millrace.events.ToolCall;
import io.millrace.events.ToolPlan;
import io.millrace.events.ToolPlanResult;
import io.millrace.events.ToolResult;
import io.millrace.schemas.identity.Ids;
import io.millrace.schemas.serde.EventSerializer;
import io.millrace.schemas.serde.Received;
import io.millrace.schemas.serde.SerdeConfig;
import io.millrace.schemas.serde.TotalDeserializer;
import io.millrace.schemas.topics.Topic;
import io.millrace.schemas.topics.Topics;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.Consumer;
import java.util.function.Predicate;
import org.apache.avro.specific.SpecificRecord;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;

/** A foreign program: plain Kafka clients that write requests and read whatever is answered. */
final class WireClient implements AutoCloseable {
  static final int PARTITIONS = 4;

  private static final Duration WAIT = Duration.ofSeconds(30);
  private static final int REQUEST_BYTES_MAX = 32 << 20;

  private final KafkaProducer<String, byte[]> producer;
  private final KafkaConsumer<String, byte[]> consumer;
  private final EventSerializer<SpecificRecord> serializer;
  private final Map<String, Consumer<ConsumerRecord<String, byte[]>>> sinks;
  private final Thread reading = new Thread(this::read, "wire-client");
  private final List<Answer<ToolResult>> results = new CopyOnWriteArrayList<>();
  private final List<Answer<ToolPlanResult>> planResults = new CopyOnWriteArrayList<>();
  private final List<Answer<Rejection>> rejections = new CopyOnWriteArrayList<>();
  private volatile boolean closing;

  /** A record and where it lay. */
  record Answer<T>(T record, int partition) {}

  WireClient(Endpoints endpoints) {
    Map<String, Object> serde =
        Map.of(SerdeConfig.SCHEMA_REGISTRY_URL, endpoints.schemaRegistryUrl());
    serializer = EventSerializer.forValues(serde);
    producer =
        new KafkaProducer<>(
            Map.of(
                "bootstrap.servers",
                endpoints.bootstrapServers(),
                "linger.ms",
                0,
                "max.request.size",
                REQUEST_BYTES_MAX),
            new StringSerializer(),
            new ByteArraySerializer());
    consumer =
        new KafkaConsumer<>(
            Map.of(
                "bootstrap.servers",
                endpoints.bootstrapServers(),
                "auto.offset.reset",
                "earliest",
                "enable.auto.commit",
                false),
            new StringDeserializer(),
            new ByteArrayDeserializer());
    sinks =
        Map.of(
            Topics.TOOL_RESULTS.name(), sink(Topics.TOOL_RESULTS, serde, results),
            Topics.TOOL_PLAN_RESULTS.name(), sink(Topics.TOOL_PLAN_RESULTS, serde, planResults),
            Topics.REJECTIONS.name(), sink(Topics.REJECTIONS, serde, rejections));
    List<TopicPartition> partitions =
        sinks.keySet().stream()
            .flatMap(topic -> consumer.partitionsFor(topic).stream())
            .map(info -> new TopicPartition(info.topic(), info.partition()))
            .toList();
    consumer.assign(partitions);
    consumer.seekToBeginning(partitions);
    reading.start();
  }

  private static <T extends SpecificRecord> Consumer<ConsumerRecord<String, byte[]>> sink(
      Topic<T> topic, Map<String, Object> serde, List<Answer<T>> list) {
    TotalDeserializer<T> deserializer = TotalDeserializer.forValues(topic.record(), serde);
    return record -> {
      Received<T> received = deserializer.deserialize(record.topic(), record.value());
      // What cannot be read a test has written there itself.
      if (received != null && received.record() != null) {
        list.add(new Answer<>(received.record(), record.partition()));
      }
    };
  }

  private void read() {
    try (consumer) {
      while (!closing) {
        for (ConsumerRecord<String, byte[]> record : consumer.poll(Duration.ofMillis(50))) {
          Consumer<ConsumerRecord<String, byte[]>> sink = sinks.get(record.topic());
          if (sink != null) {
            sink.accept(record);
          }
        }
      }
    }
  }

  static String newId() {
    return Ids.v7(System.currentTimeMillis(), ThreadLocalRandom.current());
  }

  /** The three fields that a foreign client writes. */
  static ToolCall.Builder newCall(String tool, String arguments) {
    return ToolCall.newBuilder().setId(newId()).setTarget(tool).setArguments(arguments);
  }

  void register(TargetSpec spec) {
    write(Topics.TARGETS, spec.getTarget(), spec);
  }

  /** Writes the call, keyed by its id, and waits for its answer. */
  ToolResult ask(ToolCall.Builder call) {
    ToolCall built = call.build();
    write(Topics.TOOL_CALLS, built.getId(), built);
    return result(built.getId()).record();
  }

  ToolPlanResult ask(ToolPlan plan) {
    write(Topics.TOOL_PLANS, plan.getId(), plan);
    return planResult(plan.getId());
  }

  /** Waits for the answer to a plan. */
  ToolPlanResult planResult(String planId) {
    return await("answer to the plan")
        .atMost(WAIT)
        .until(
            () ->
                planResults.stream()
                    .map(Answer::record)
                    .filter(answer -> answer.getOperationId().equals(planId))
                    .findFirst(),
            Optional::isPresent)
        .orElseThrow();
  }

  /** Waits for the answer to an operation. */
  Answer<ToolResult> result(String operationId) {
    return await("answer to " + operationId)
        .atMost(WAIT)
        .until(() -> results(operationId), found -> !found.isEmpty())
        .get(0);
  }

  /** All answers to an operation that have come so far. */
  List<Answer<ToolResult>> results(String operationId) {
    return results.stream()
        .filter(answer -> answer.record().getOperationId().equals(operationId))
        .toList();
  }

  /** Waits for the rejection of a record. */
  Rejection rejection(RecordMetadata at) {
    return rejection(
        "of " + at,
        rejection ->
            rejection.getSourceTopic().equals(at.topic())
                && rejection.getSourcePartition() == at.partition()
                && rejection.getSourceOffset() == at.offset());
  }

  /** The first for that reason. */
  Rejection rejection(String reason) {
    return rejection(reason, rejection -> rejection.getReason().equals(reason));
  }

  private Rejection rejection(String which, Predicate<Rejection> wanted) {
    return await("rejection " + which)
        .atMost(WAIT)
        .until(
            () -> rejections.stream().map(Answer::record).filter(wanted).findFirst(),
            Optional::isPresent)
        .orElseThrow();
  }

  <T extends SpecificRecord> RecordMetadata write(Topic<T> topic, String key, T record) {
    return send(new ProducerRecord<>(topic.name(), key, bytes(topic, record)));
  }

  <T extends SpecificRecord> byte[] bytes(Topic<T> topic, T record) {
    return Objects.requireNonNull(serializer.serialize(topic.name(), record));
  }

  RecordMetadata send(ProducerRecord<String, byte[]> record) {
    try {
      return producer.send(record).get();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    } catch (ExecutionException e) {
      if (e.getCause() instanceof RuntimeException refused) {
        throw refused;
      }
      throw new IllegalStateException(e);
    }
  }

  @Override
  public void close() throws InterruptedException {
    closing = true;
    reading.join();
    producer.close();
  }
}
