package io.millrace.gateway.log;

import io.millrace.gateway.GatewayConfig;
import io.millrace.gateway.http.Refusal;
import io.millrace.schemas.serde.EventSerializer;
import io.millrace.schemas.topics.Topic;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Collection;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.avro.specific.SpecificData;
import org.apache.avro.specific.SpecificRecord;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.errors.RecordTooLargeException;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.jspecify.annotations.Nullable;

/**
 * Writes records without ever waiting for brokers: what cannot be taken at once is refused, as a
 * thread that serves many connections must not stand still for one.
 */
final class GatewayWriter implements AutoCloseable {
  private static final Duration FAREWELL = Duration.ofSeconds(5);
  private static final int BATCH_BYTES = 128 << 10;
  private static final long BUFFER_BYTES = 128L << 20;

  /** Beside a body there are names and a frame. */
  private static final int OVERHEAD_BYTES = 1 << 20;

  private final KafkaProducer<byte[], byte[]> producer;
  private final Map<String, Object> serde;
  private final Map<String, EventSerializer<SpecificRecord>> serializers =
      new ConcurrentHashMap<>();

  GatewayWriter(GatewayConfig config) {
    this.serde = config.serde();
    Map<String, Object> settings = new HashMap<>();
    settings.put(ProducerConfig.LINGER_MS_CONFIG, 0);
    settings.put(ProducerConfig.BATCH_SIZE_CONFIG, BATCH_BYTES);
    settings.put(ProducerConfig.BUFFER_MEMORY_CONFIG, BUFFER_BYTES);
    settings.put(ProducerConfig.REQUEST_TIMEOUT_MS_CONFIG, 10_000);
    settings.put(ProducerConfig.DELIVERY_TIMEOUT_MS_CONFIG, 15_000);
    settings.putAll(config.kafka());
    settings.put(
        ProducerConfig.MAX_REQUEST_SIZE_CONFIG,
        Math.max(Topic.REJECTION_BYTES_MAX, config.requestBytesMax() + OVERHEAD_BYTES));
    settings.put(ProducerConfig.ACKS_CONFIG, "all");
    settings.put(ProducerConfig.ENABLE_IDEMPOTENCE_CONFIG, true);
    settings.put(ProducerConfig.MAX_BLOCK_MS_CONFIG, 0L);
    // A topic's partitions must stay known however seldom it is written.
    settings.put(ProducerConfig.METADATA_MAX_IDLE_CONFIG, Long.MAX_VALUE / 2);
    this.producer =
        new KafkaProducer<>(settings, new ByteArraySerializer(), new ByteArraySerializer());
  }

  /**
   * Registers the schemas of these topics and learns where they lie; waits for the registry.
   *
   * @return whether all of them are known; false: ask again soon
   * @throws KafkaException if the registry is away or refuses
   */
  boolean prepare(Collection<Topic<?>> topics) {
    boolean known = true;
    for (Topic<?> topic : topics) {
      try {
        producer.partitionsFor(topic.name());
      } catch (org.apache.kafka.common.errors.TimeoutException notYet) {
        known = false;
      }
    }
    if (known) {
      topics.forEach(
          topic ->
              serializer(topic)
                  .prepare(topic.name(), SpecificData.get().getSchema(topic.record())));
    }
    return known;
  }

  /**
   * A record's bytes. The registry is asked at the first record of a topic: call {@link #prepare}
   * before, or this on a thread that may wait.
   *
   * @throws KafkaException if the registry is away or the record does not fit its schema
   */
  byte[] bytes(Topic<?> topic, SpecificRecord record) {
    byte[] bytes = serializer(topic).serialize(topic.name(), record);
    if (bytes == null) {
      throw new IllegalStateException("a record was taken for a tombstone");
    }
    return bytes;
  }

  private EventSerializer<SpecificRecord> serializer(Topic<?> topic) {
    return serializers.computeIfAbsent(topic.name(), name -> EventSerializer.forValues(serde));
  }

  /**
   * Sends.
   *
   * @return done when it is in the log; or fails with a {@link Refusal}
   */
  CompletableFuture<RecordMetadata> send(Topic<?> topic, @Nullable String key, byte[] value) {
    CompletableFuture<RecordMetadata> sent = new CompletableFuture<>();
    byte[] keyBytes = key == null ? null : key.getBytes(StandardCharsets.UTF_8);
    try {
      producer.send(
          new ProducerRecord<>(topic.name(), keyBytes, value),
          (metadata, failure) -> {
            if (failure != null) {
              sent.completeExceptionally(refusal(topic, failure));
            } else {
              sent.complete(metadata);
            }
          });
    } catch (KafkaException e) {
      sent.completeExceptionally(refusal(topic, e));
    }
    return sent;
  }

  private static Refusal refusal(Topic<?> topic, Exception failure) {
    if (failure instanceof RecordTooLargeException) {
      return new Refusal(
          413,
          "RECORD_TOO_LARGE",
          "The record is larger than " + topic.name() + " takes: " + failure.getMessage());
    }
    return new Refusal(
        503,
        "LOG_UNAVAILABLE",
        "The record could not be written to " + topic.name() + ": " + failure.getMessage());
  }

  /** Waits a while until all that was sent is in the log. */
  @Override
  public void close() {
    producer.close(FAREWELL);
  }
}
