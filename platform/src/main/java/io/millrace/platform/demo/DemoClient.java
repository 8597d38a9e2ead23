package io.millrace.platform.demo;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.millrace.events.HealthStatus;
import io.millrace.events.PlannedCall;
import io.millrace.events.Rejection;
import io.millrace.events.TargetSpec;
import io.millrace.events.ToolCall;
import io.millrace.events.ToolPlan;
import io.millrace.events.ToolPlanResult;
import io.millrace.events.ToolResult;
import io.millrace.events.WorkerStatus;
import io.millrace.platform.embedded.Endpoints;
import io.millrace.schemas.identity.Fingerprint;
import io.millrace.schemas.identity.Ids;
import io.millrace.schemas.serde.EventSerializer;
import io.millrace.schemas.serde.Received;
import io.millrace.schemas.serde.SerdeConfig;
import io.millrace.schemas.serde.TotalDeserializer;
import io.millrace.schemas.topics.Topic;
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
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;
import org.apache.avro.specific.SpecificRecord;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.WakeupException;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.jspecify.annotations.Nullable;

/**
 * What any program with a Kafka client can do: writes requests and targets, reads answers, health,
 * rejections and the workers' beats.
 */
final class DemoClient implements AutoCloseable {

  private static final String TENANT = "default";
  private static final Duration POLL = Duration.ofMillis(200);
  private static final Duration SETUP = Duration.ofSeconds(20);

  private final KafkaProducer<String, byte[]> producer;
  private final KafkaConsumer<String, byte[]> consumer;
  private final EventSerializer<SpecificRecord> serializer;
  private final Map<String, Consumer<ConsumerRecord<String, byte[]>>> readers;
  private final int replyPartition;
  private final Thread thread;

  private final Map<String, CompletableFuture<ToolResult>> calls = new ConcurrentHashMap<>();
  private final Map<String, CompletableFuture<ToolPlanResult>> plans = new ConcurrentHashMap<>();
  private final Map<String, CompletableFuture<Rejection>> rejections = new ConcurrentHashMap<>();
  private final Map<String, HealthStatus> health = new ConcurrentHashMap<>();
  private final Map<String, WorkerStatus> workers = new ConcurrentHashMap<>();
  private volatile boolean closing;

  /** Connects, and reads from the present end of every topic on. */
  DemoClient(Endpoints endpoints) {
    Map<String, Object> serde =
        Map.of(SerdeConfig.SCHEMA_REGISTRY_URL, endpoints.schemaRegistryUrl());
    this.serializer = EventSerializer.forValues(serde);
    this.producer =
        new KafkaProducer<>(
            Map.of(
                "bootstrap.servers",
                endpoints.bootstrapServers(),
                "client.id",
                "millrace-demo",
                "acks",
                "all",
                "linger.ms",
                0,
                "max.request.size",
                Topic.RECORD_BYTES_MAX,
                "metric.reporters",
                ""),
            new StringSerializer(),
            new ByteArraySerializer());
    this.consumer =
        new KafkaConsumer<>(
            Map.of(
                "bootstrap.servers",
                endpoints.bootstrapServers(),
                "client.id",
                "millrace-demo",
                "enable.auto.commit",
                false,
                "metric.reporters",
                ""),
            new StringDeserializer(),
            new ByteArrayDeserializer());
    this.readers =
        Map.of(
            Topics.TOOL_RESULTS.name(),
            reader(Topics.TOOL_RESULTS, serde, this::result),
            Topics.TOOL_PLAN_RESULTS.name(),
            reader(Topics.TOOL_PLAN_RESULTS, serde, this::planResult),
            Topics.REJECTIONS.name(),
            reader(Topics.REJECTIONS, serde, this::rejection),
            Topics.HEALTH_STATUS.name(),
            reader(Topics.HEALTH_STATUS, serde, status -> health.put(status.getTarget(), status)),
            Topics.WORKERS.name(),
            reader(Topics.WORKERS, serde, status -> workers.put(status.getWorkerId(), status)));
    List<TopicPartition> partitions = new ArrayList<>();
    for (String topic : readers.keySet()) {
      consumer
          .partitionsFor(topic, SETUP)
          .forEach(info -> partitions.add(new TopicPartition(topic, info.partition())));
    }
    this.replyPartition =
        ThreadLocalRandom.current()
            .nextInt(consumer.partitionsFor(Topics.TOOL_RESULTS.name(), SETUP).size());
    consumer.assign(partitions);
    consumer.seekToEnd(partitions);
    partitions.forEach(partition -> consumer.position(partition, SETUP));
    this.thread = new Thread(this::read, "demo-client");
    thread.setDaemon(true);
    thread.start();
  }

  private static <T extends SpecificRecord> Consumer<ConsumerRecord<String, byte[]>> reader(
      Topic<T> topic, Map<String, Object> serde, Consumer<T> sink) {
    TotalDeserializer<T> deserializer = TotalDeserializer.forValues(topic.record(), serde);
    return record -> {
      Received<T> received = deserializer.deserialize(record.topic(), record.value());
      T value = received == null ? null : received.record();
      if (value != null) {
        sink.accept(value);
      }
    };
  }

  private void read() {
    try (consumer) {
      while (!closing) {
        for (ConsumerRecord<String, byte[]> record : consumer.poll(POLL)) {
          Consumer<ConsumerRecord<String, byte[]>> reader = readers.get(record.topic());
          if (reader != null) {
            reader.accept(record);
          }
        }
      }
    } catch (WakeupException e) {
      // Sent by close() only.
      closing = true;
    }
  }

  private void result(ToolResult result) {
    CompletableFuture<ToolResult> waiting = calls.get(result.getOperationId());
    if (waiting != null) {
      waiting.complete(result);
    }
  }

  private void planResult(ToolPlanResult result) {
    CompletableFuture<ToolPlanResult> waiting = plans.get(result.getOperationId());
    if (waiting != null) {
      waiting.complete(result);
    }
  }

  private void rejection(Rejection rejection) {
    rejectionAt(
            rejection.getSourceTopic(), rejection.getSourcePartition(), rejection.getSourceOffset())
        .complete(rejection);
  }

  /** A new operation id. */
  static String newId() {
    return Ids.v7(System.currentTimeMillis(), ThreadLocalRandom.current());
  }

  /** Writes targets and waits until they are in the log. */
  void register(List<TargetSpec> specs) throws InterruptedException {
    for (TargetSpec spec : specs) {
      TargetSpec stamped =
          TargetSpec.newBuilder(spec).setId(newId()).setOccurredAt(Instant.now()).build();
      write(Topics.TARGETS, null, stamped.getTarget(), stamped);
    }
  }

  /** Calls a tool. */
  CompletableFuture<ToolResult> call(TargetSpec target, ObjectNode arguments, Duration deadline)
      throws InterruptedException {
    return call(newId(), target, arguments, deadline);
  }

  /** Calls a tool under an operation id from {@link #newId}. */
  CompletableFuture<ToolResult> call(
      String id, TargetSpec target, ObjectNode arguments, Duration deadline)
      throws InterruptedException {
    String text = arguments.toString();
    String key =
        target.getCacheTtlMs() == null
            ? Fingerprint.ofOperation(id)
            : Fingerprint.ofWork(TENANT, target.getTarget(), target.getVersion(), text);
    return call(id, target, text, deadline, null, key);
  }

  /** Calls a tool by a record on a partition of the caller's choice. */
  CompletableFuture<ToolResult> callOn(
      int partition, TargetSpec target, ObjectNode arguments, Duration deadline)
      throws InterruptedException {
    return call(newId(), target, arguments.toString(), deadline, partition, "any");
  }

  private CompletableFuture<ToolResult> call(
      String id,
      TargetSpec target,
      String arguments,
      Duration deadline,
      @Nullable Integer partition,
      String key)
      throws InterruptedException {
    Instant now = Instant.now();
    ToolCall call =
        ToolCall.newBuilder()
            .setId(id)
            .setTenant(TENANT)
            .setOccurredAt(now)
            .setTarget(target.getTarget())
            .setArguments(arguments)
            .setDeadlineAt(now.plus(deadline))
            .setReplyPartition(replyPartition)
            .build();
    CompletableFuture<ToolResult> answer = new CompletableFuture<>();
    calls.put(id, answer);
    write(Topics.TOOL_CALLS, partition, key, call);
    return answer;
  }

  /** Sends a plan. */
  CompletableFuture<ToolPlanResult> plan(List<PlannedCall> planned, Duration deadline)
      throws InterruptedException {
    Instant now = Instant.now();
    String id = newId();
    ToolPlan plan =
        ToolPlan.newBuilder()
            .setId(id)
            .setOccurredAt(now)
            .setCalls(planned)
            .setDeadlineAt(now.plus(deadline))
            .setReplyPartition(replyPartition)
            .build();
    CompletableFuture<ToolPlanResult> answer = new CompletableFuture<>();
    plans.put(id, answer);
    write(Topics.TOOL_PLANS, null, id, plan);
    return answer;
  }

  /** Writes bytes as they are to a partition; gives the offset at which they lie. */
  long writeBytes(Topic<?> topic, int partition, byte[] bytes) throws InterruptedException {
    return send(new ProducerRecord<>(topic.name(), partition, "bytes", bytes)).offset();
  }

  /** Ends when the record at these coordinates is rejected. */
  CompletableFuture<Rejection> rejectionAt(String topic, int partition, long offset) {
    return rejections.computeIfAbsent(
        topic + "-" + partition + "@" + offset, at -> new CompletableFuture<>());
  }

  /** The last health that was said of a target since this client started; null if none was. */
  @Nullable HealthStatus health(TargetSpec target) {
    return health.get(target.getTarget());
  }

  /** Whether a worker has been heard of since this client started. */
  boolean hasWorker(String id) {
    return workers.containsKey(id);
  }

  private <T extends SpecificRecord> void write(
      Topic<T> topic, @Nullable Integer partition, String key, T record)
      throws InterruptedException {
    byte[] bytes = serializer.serialize(topic.name(), record);
    RecordMetadata unused = send(new ProducerRecord<>(topic.name(), partition, key, bytes));
  }

  private RecordMetadata send(ProducerRecord<String, byte[]> record) throws InterruptedException {
    try {
      return producer.send(record).get();
    } catch (ExecutionException e) {
      throw new DemoException(
          "the broker refused a record of " + record.topic() + ": " + e.getCause(), e);
    }
  }

  /**
   * Waits for an answer.
   *
   * @param what is waited for, for the message
   * @throws DemoException if it does not come in time
   */
  static <T> T await(CompletableFuture<T> answer, Duration limit, String what)
      throws InterruptedException {
    try {
      return answer.get(limit.toMillis(), TimeUnit.MILLISECONDS);
    } catch (TimeoutException e) {
      throw new DemoException("no " + what + " within " + limit.toSeconds() + " s", e);
    } catch (ExecutionException e) {
      throw new DemoException(what + " failed: " + e.getCause(), e);
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
