package io.millrace.platform.registry;

import io.millrace.platform.registry.RecordCodec.Encoded;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.WakeupException;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The topic that holds the registry's records, replayed into a {@link SubjectStore} at the start
 * and followed from then on.
 *
 * <p>The store changes only by what was read back from the log, so it never holds what the log does
 * not. One registry may write to a topic at a time.
 */
final class SchemaLog implements AutoCloseable {

  private static final Logger LOG = LoggerFactory.getLogger(SchemaLog.class);
  private static final Duration POLL = Duration.ofSeconds(1);

  private final String topic;
  private final SubjectStore store;
  private final Duration timeout;
  private final KafkaProducer<byte[], byte[]> producer;
  private final KafkaConsumer<byte[], byte[]> consumer;
  private final Thread follower;
  private final Object applied = new Object();
  private long nextOffset;
  private volatile boolean closing;

  /**
   * @param timeout how long the replay, or one write, may take
   */
  SchemaLog(String bootstrapServers, String topic, SubjectStore store, Duration timeout) {
    this.topic = topic;
    this.store = store;
    this.timeout = timeout;
    int millis = Math.toIntExact(timeout.toMillis());
    this.consumer =
        new KafkaConsumer<>(
            Map.of(
                ConsumerConfig.BOOTSTRAP_SERVERS_CONFIG,
                bootstrapServers,
                ConsumerConfig.CLIENT_ID_CONFIG,
                "millrace-registry-reader",
                ConsumerConfig.ENABLE_AUTO_COMMIT_CONFIG,
                false,
                ConsumerConfig.AUTO_OFFSET_RESET_CONFIG,
                "earliest",
                ConsumerConfig.ALLOW_AUTO_CREATE_TOPICS_CONFIG,
                false,
                ConsumerConfig.DEFAULT_API_TIMEOUT_MS_CONFIG,
                millis,
                // An id is asked for at once after it was given: no waiting for more to arrive.
                ConsumerConfig.FETCH_MIN_BYTES_CONFIG,
                1,
                ConsumerConfig.METRIC_REPORTER_CLASSES_CONFIG,
                ""),
            new ByteArrayDeserializer(),
            new ByteArrayDeserializer());
    this.producer =
        new KafkaProducer<>(
            Map.of(
                ProducerConfig.BOOTSTRAP_SERVERS_CONFIG,
                bootstrapServers,
                ProducerConfig.CLIENT_ID_CONFIG,
                "millrace-registry-writer",
                ProducerConfig.ACKS_CONFIG,
                "all",
                ProducerConfig.LINGER_MS_CONFIG,
                0,
                ProducerConfig.BUFFER_MEMORY_CONFIG,
                8 * 1024 * 1024,
                ProducerConfig.MAX_REQUEST_SIZE_CONFIG,
                4 * 1024 * 1024,
                ProducerConfig.MAX_BLOCK_MS_CONFIG,
                millis,
                ProducerConfig.REQUEST_TIMEOUT_MS_CONFIG,
                millis,
                ProducerConfig.DELIVERY_TIMEOUT_MS_CONFIG,
                millis,
                ProducerConfig.METRIC_REPORTER_CLASSES_CONFIG,
                ""),
            new ByteArraySerializer(),
            new ByteArraySerializer());
    this.follower = new Thread(this::follow, "schema-log");
    follower.setDaemon(true);
  }

  /**
   * Reads all that the topic holds into the store, then goes on reading in the background.
   *
   * @throws KafkaException when the broker cannot be reached or the topic does not exist
   * @throws org.apache.kafka.common.errors.TimeoutException when that takes longer than the timeout
   */
  void open() {
    TopicPartition partition = new TopicPartition(topic, 0);
    if (consumer.partitionsFor(topic).isEmpty()) {
      throw new KafkaException("The topic " + topic + " does not exist; provision it first.");
    }
    consumer.assign(List.of(partition));
    consumer.seekToBeginning(List.of(partition));
    long end = consumer.endOffsets(List.of(partition)).getOrDefault(partition, 0L);
    long deadline = System.nanoTime() + timeout.toNanos();
    while (consumer.position(partition) < end) {
      if (System.nanoTime() - deadline > 0) {
        throw new org.apache.kafka.common.errors.TimeoutException(
            "The schemas in " + topic + " could not be read within " + timeout + ".");
      }
      applyNext();
    }
    follower.start();
  }

  /**
   * Writes the records and returns when they are in the log and in the store.
   *
   * @throws RegistryException 50001 when the log cannot be written in time; the records may or may
   *     not be in it then
   */
  void append(List<RegistryRecord> records) {
    if (records.isEmpty()) {
      return;
    }
    List<Future<RecordMetadata>> sends = new ArrayList<>();
    try {
      for (RegistryRecord change : records) {
        Encoded encoded = RecordCodec.encode(change);
        sends.add(producer.send(new ProducerRecord<>(topic, 0, encoded.key(), encoded.value())));
      }
      long last = -1;
      for (Future<RecordMetadata> send : sends) {
        last = send.get(timeout.toMillis(), TimeUnit.MILLISECONDS).offset();
      }
      awaitApplied(last);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw RegistryException.backend("the registry is stopping.");
    } catch (ExecutionException e) {
      throw RegistryException.backend(String.valueOf(e.getCause()));
    } catch (TimeoutException | KafkaException e) {
      throw RegistryException.backend(
          "the write to " + topic + " was not confirmed within " + timeout + ".");
    }
  }

  private void awaitApplied(long offset) throws InterruptedException, TimeoutException {
    long deadline = System.nanoTime() + timeout.toNanos();
    synchronized (applied) {
      while (nextOffset <= offset) {
        long left = TimeUnit.NANOSECONDS.toMillis(deadline - System.nanoTime());
        if (left <= 0 || closing) {
          throw new TimeoutException();
        }
        applied.wait(left);
      }
    }
  }

  private void follow() {
    while (!closing) {
      try {
        applyNext();
      } catch (WakeupException e) {
        // Closing: the loop's condition says so.
      } catch (KafkaException e) {
        LOG.warn("The schema topic {} cannot be read at the moment: {}", topic, e.getMessage());
      }
    }
    consumer.close();
  }

  private void applyNext() {
    for (ConsumerRecord<byte[], byte[]> entry : consumer.poll(POLL)) {
      try {
        RecordCodec.decode(entry.key(), entry.value()).ifPresent(store::apply);
      } catch (IOException e) {
        LOG.warn(
            "{}-{} offset {} is not a registry record and is left out: {}",
            entry.topic(),
            entry.partition(),
            entry.offset(),
            e.getMessage());
      }
      synchronized (applied) {
        nextOffset = entry.offset() + 1;
        applied.notifyAll();
      }
    }
  }

  @Override
  public void close() {
    closing = true;
    producer.close(Duration.ofSeconds(1));
    if (follower.getState() == Thread.State.NEW) {
      consumer.close();
      return;
    }
    consumer.wakeup();
    try {
      follower.join(2_000);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
