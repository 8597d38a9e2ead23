package io.millrace.benchmarks.drill;

import io.millrace.benchmarks.client.Connection;
import io.millrace.events.ToolCall;
import io.millrace.events.ToolResult;
import io.millrace.schemas.identity.Fingerprint;
import io.millrace.schemas.identity.Ids;
import io.millrace.schemas.topics.Topics;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;

/**
 * Sends calls, half of them of a tool that must not run twice, and keeps a number in flight,
 * however long the platform is away.
 */
final class CallDriver implements AutoCloseable {
  static final String IDEMPOTENT = "drill-sleep";
  static final String NON_IDEMPOTENT = "drill-append";

  private static final int TASK_MILLIS_MIN = 5;
  private static final int TASK_MILLIS_MAX = 50;
  private static final Duration DEADLINE = Duration.ofSeconds(60);
  private static final Duration POLL = Duration.ofMillis(100);

  /** A broker that is away for a while must fail no send. */
  private static final Map<String, Object> PATIENT =
      Map.of(
          "delivery.timeout.ms", 180_000,
          "request.timeout.ms", 5_000,
          "max.block.ms", 180_000,
          "reconnect.backoff.max.ms", 200,
          "retry.backoff.max.ms", 200);

  private final Producer<String, ToolCall> producer;
  private final Consumer<String, ToolResult> consumer;
  private final SplittableRandom random = new SplittableRandom();
  private final Map<String, SentCall> calls = new ConcurrentHashMap<>();
  private final Map<String, Integer> taskMillis = new ConcurrentHashMap<>();
  private final Map<String, Long> answeredAt = new ConcurrentHashMap<>();
  private final AtomicInteger answered = new AtomicInteger();

  CallDriver(Connection connection) {
    this.producer = connection.producer(Topics.TOOL_CALLS, PATIENT);
    this.consumer =
        connection.consumer(
            Topics.TOOL_RESULTS,
            Map.of("reconnect.backoff.max.ms", 200, "default.api.timeout.ms", 60_000));
    List<TopicPartition> partitions =
        consumer.partitionsFor(Topics.TOOL_RESULTS.name()).stream()
            .map(p -> new TopicPartition(p.topic(), p.partition()))
            .toList();
    consumer.assign(partitions);
    consumer.seekToBeginning(partitions);
  }

  /**
   * Sends all and returns when all are answered, or when the last counts as lost.
   *
   * @param stop ends it early
   */
  void run(int count, int inFlight, BooleanSupplier stop) {
    long lastDeadline = Long.MAX_VALUE;
    while (answered.get() < count && !stop.getAsBoolean()) {
      while (calls.size() < count && calls.size() - answered.get() < inFlight) {
        send();
        if (calls.size() == count) {
          lastDeadline = System.currentTimeMillis() + DEADLINE.toMillis();
        }
      }
      for (ConsumerRecord<String, ToolResult> record : consumer.poll(POLL)) {
        String id = record.value().getOperationId();
        if (calls.containsKey(id)
            && answeredAt.putIfAbsent(id, System.currentTimeMillis()) == null) {
          answered.incrementAndGet();
        }
      }
      if (System.currentTimeMillis() - DrillReport.LOST_AFTER_MILLIS > lastDeadline) {
        return;
      }
    }
  }

  private void send() {
    long now = System.currentTimeMillis();
    String id = Ids.v7(now, random);
    boolean idempotent = calls.size() % 2 == 0;
    int millis = TASK_MILLIS_MIN + random.nextInt(TASK_MILLIS_MAX - TASK_MILLIS_MIN + 1);
    SentCall call = new SentCall(idempotent, now, now + DEADLINE.toMillis());
    taskMillis.put(id, millis);
    calls.put(id, call);
    producer.send(
        new ProducerRecord<>(
            Topics.TOOL_CALLS.name(),
            Fingerprint.ofOperation(id),
            ToolCall.newBuilder()
                .setId(id)
                .setOccurredAt(Instant.ofEpochMilli(now))
                .setTarget(idempotent ? IDEMPOTENT : NON_IDEMPOTENT)
                .setArguments(
                    idempotent
                        ? "{\"ms\":%d,\"id\":\"%s\"}".formatted(millis, id)
                        : "{\"ms\":%d,\"file\":\"%s\",\"line\":\"%s\"}"
                            .formatted(millis, Effects.FILE, id))
                .setDeadlineAt(Instant.ofEpochMilli(call.deadlineAt()))
                .build()));
  }

  /** How many calls are answered. */
  int answered() {
    return answered.get();
  }

  /** How long a call's task takes, milliseconds; 0 for an unknown one. */
  int taskMillis(String id) {
    return taskMillis.getOrDefault(id, 0);
  }

  /** What was sent. */
  Map<String, SentCall> calls() {
    return Map.copyOf(calls);
  }

  /** When each was answered, Unix milliseconds. */
  Map<String, Long> answeredAt() {
    return Map.copyOf(answeredAt);
  }

  @Override
  public void close() {
    producer.close(Duration.ofSeconds(5));
    consumer.close();
  }
}
