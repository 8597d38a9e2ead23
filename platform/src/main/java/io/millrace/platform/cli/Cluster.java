package io.millrace.platform.cli;

import io.millrace.schemas.serde.EventSerializer;
import io.millrace.schemas.serde.SerdeConfig;
import io.millrace.schemas.topics.Topic;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.avro.specific.SpecificRecord;
import org.apache.kafka.clients.CommonClientConfigs;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AdminClientConfig;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.KafkaFuture;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.jspecify.annotations.Nullable;

/** A connection to a platform: makes Kafka clients whose every wait is bounded. */
public final class Cluster implements AutoCloseable {
  /** The longest wait for one answer of a broker or the registry. */
  static final Duration WAIT_MAX = Duration.ofSeconds(10);

  private static final int REQUEST_TIMEOUT_MS = 5_000;

  private final Addresses addresses;
  private @Nullable Admin admin;

  Cluster(Addresses addresses) {
    this.addresses = addresses;
  }

  Addresses addresses() {
    return addresses;
  }

  /** The admin client; closed with this. */
  synchronized Admin admin() {
    if (admin == null) {
      Map<String, Object> settings = common();
      settings.put(AdminClientConfig.DEFAULT_API_TIMEOUT_MS_CONFIG, (int) WAIT_MAX.toMillis());
      admin = Admin.create(settings);
    }
    return admin;
  }

  /** Settings of the Avro serde for this platform's registry. */
  Map<String, Object> serdeSettings() {
    return serdeSettings(addresses.requiredRegistry());
  }

  /** Settings of the Avro serde for a registry. */
  static Map<String, Object> serdeSettings(String registry) {
    Map<String, Object> settings = new HashMap<>();
    settings.put(SerdeConfig.SCHEMA_REGISTRY_URL, registry);
    settings.put("schema.registry.request.timeout.ms", REQUEST_TIMEOUT_MS);
    settings.put("schema.registry.retry.timeout.ms", 2_000);
    return settings;
  }

  /** A producer of a topic's records; the caller closes it. */
  <T extends SpecificRecord> Producer<String, T> producer(Topic<T> topic) {
    EventSerializer<T> serializer = new EventSerializer<>();
    serializer.configure(serdeSettings(), false);
    Map<String, Object> settings = producerSettings();
    settings.put(ProducerConfig.MAX_REQUEST_SIZE_CONFIG, topic.recordBytesMax());
    return new KafkaProducer<>(settings, new StringSerializer(), serializer);
  }

  /** A producer of bytes; the caller closes it. */
  Producer<String, byte[]> bytesProducer() {
    return new KafkaProducer<>(
        producerSettings(), new StringSerializer(), new ByteArraySerializer());
  }

  private Map<String, Object> producerSettings() {
    Map<String, Object> settings = common();
    settings.put(ProducerConfig.ACKS_CONFIG, "all");
    settings.put(ProducerConfig.LINGER_MS_CONFIG, 0);
    settings.put(ProducerConfig.MAX_BLOCK_MS_CONFIG, WAIT_MAX.toMillis());
    settings.put(ProducerConfig.DELIVERY_TIMEOUT_MS_CONFIG, (int) WAIT_MAX.toMillis());
    settings.put(ProducerConfig.MAX_REQUEST_SIZE_CONFIG, Topic.RECORD_BYTES_MAX);
    return settings;
  }

  /** A consumer of bytes that belongs to no group; the caller closes it. */
  Consumer<String, byte[]> consumer() {
    Map<String, Object> settings = common();
    settings.put(ConsumerConfig.DEFAULT_API_TIMEOUT_MS_CONFIG, (int) WAIT_MAX.toMillis());
    settings.put(ConsumerConfig.ENABLE_AUTO_COMMIT_CONFIG, false);
    settings.put(ConsumerConfig.AUTO_OFFSET_RESET_CONFIG, "earliest");
    settings.put(ConsumerConfig.ALLOW_AUTO_CREATE_TOPICS_CONFIG, false);
    settings.put(ConsumerConfig.FETCH_MAX_WAIT_MS_CONFIG, 100);
    return new KafkaConsumer<>(settings, new StringDeserializer(), new ByteArrayDeserializer());
  }

  /**
   * The partitions of a topic.
   *
   * @throws CommandException if there is no such topic
   */
  List<TopicPartition> partitions(String topic) {
    try {
      return get(admin().describeTopics(List.of(topic)).allTopicNames()).values().stream()
          .flatMap(description -> description.partitions().stream())
          .map(info -> new TopicPartition(topic, info.partition()))
          .toList();
    } catch (UnknownTopicOrPartitionException e) {
      throw new CommandException(
          ExitCode.FAILED,
          "the broker at " + addresses.bootstrap() + " has no topic '" + topic + "'",
          e);
    }
  }

  /**
   * Waits for an answer of the broker.
   *
   * @throws CommandException if none comes within {@link #WAIT_MAX}
   * @throws KafkaException if the broker refuses
   */
  <T> T get(KafkaFuture<T> future) {
    try {
      return future.get(WAIT_MAX.toMillis(), TimeUnit.MILLISECONDS);
    } catch (ExecutionException e) {
      Throwable cause = e.getCause();
      if (cause instanceof org.apache.kafka.common.errors.TimeoutException) {
        throw silent(e);
      }
      throw cause instanceof KafkaException refused ? refused : new KafkaException(cause);
    } catch (TimeoutException e) {
      throw silent(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new CommandException(ExitCode.FAILED, "interrupted", e);
    }
  }

  private CommandException silent(Exception cause) {
    return CommandException.unreachable(
        "the broker at "
            + addresses.bootstrap()
            + " accepts connections but does not answer within "
            + WAIT_MAX.toSeconds()
            + " s; is it Kafka, and PLAINTEXT? 'millrace doctor' looks into it",
        cause);
  }

  private Map<String, Object> common() {
    Map<String, Object> settings = new HashMap<>();
    settings.put(CommonClientConfigs.BOOTSTRAP_SERVERS_CONFIG, addresses.bootstrap());
    settings.put(CommonClientConfigs.CLIENT_ID_CONFIG, "millrace-cli");
    settings.put(CommonClientConfigs.REQUEST_TIMEOUT_MS_CONFIG, REQUEST_TIMEOUT_MS);
    settings.put(CommonClientConfigs.METRIC_REPORTER_CLASSES_CONFIG, "");
    settings.put("enable.metrics.push", false);
    return settings;
  }

  @Override
  public synchronized void close() {
    if (admin != null) {
      admin.close(Duration.ofSeconds(1));
    }
  }
}
