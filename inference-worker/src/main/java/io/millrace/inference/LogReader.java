package io.millrace.inference;

import io.millrace.events.Coordinates;
import io.millrace.schemas.serde.Received;
import io.millrace.schemas.serde.TotalDeserializer;
import io.millrace.schemas.topics.Topic;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.apache.avro.specific.SpecificRecord;
import org.apache.kafka.clients.consumer.CloseOptions;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetOutOfRangeException;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.InterruptException;
import org.apache.kafka.common.errors.WakeupException;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.jspecify.annotations.Nullable;

/**
 * Reads single records of a topic, for tasks that only say where their inputs or states lie.
 *
 * <p>A few consumers, made when they are needed, are lent to one reader at a time. What a fetch
 * brings beside the record that was asked for is kept for a while, since tasks come in about the
 * order of their requests.
 */
final class LogReader<T extends SpecificRecord> implements AutoCloseable {

  private static final Duration POLL = Duration.ofMillis(100);
  private static final int FETCH_BYTES = 1 << 20;
  private static final long KEPT_BYTES_MAX = 32L << 20;

  private final Map<String, Object> kafka;
  private final Topic<T> topic;
  private final TotalDeserializer<T> records;
  private final Semaphore consumers;
  private final Deque<KafkaConsumer<byte[], byte[]>> idle = new ArrayDeque<>();
  private final Map<Coordinates, byte[]> kept = new LinkedHashMap<>();
  private long keptBytes;
  private boolean closed;

  /**
   * Connects to nothing yet.
   *
   * @param config of the worker
   * @param topic where they lie
   */
  LogReader(InferenceWorkerConfig config, Topic<T> topic) {
    this.kafka = config.kafka();
    kafka.put(ConsumerConfig.ENABLE_AUTO_COMMIT_CONFIG, false);
    kafka.put(ConsumerConfig.AUTO_OFFSET_RESET_CONFIG, "none");
    kafka.put(ConsumerConfig.ALLOW_AUTO_CREATE_TOPICS_CONFIG, false);
    kafka.put(ConsumerConfig.MAX_PARTITION_FETCH_BYTES_CONFIG, FETCH_BYTES);
    this.topic = topic;
    this.records = TotalDeserializer.forValues(topic.record(), config.serde());
    this.consumers = new Semaphore(config.readers());
  }

  /**
   * The record at a place; blocks.
   *
   * @param limit how long to wait for it
   * @throws ModelException INPUTS_GONE if it is not there any more or cannot be read;
   *     INPUTS_UNAVAILABLE if the brokers do not give it in time
   */
  T read(Coordinates at, Duration limit) throws InterruptedException {
    if (!at.getTopic().equals(topic.name()) || at.getPartition() < 0 || at.getOffset() < 0) {
      throw ModelException.input(
          "the coordinates are %s; expected a place in %s".formatted(where(at), topic.name()));
    }
    long end = System.nanoTime() + limit.toNanos();
    byte[] value = taken(at);
    if (value == null) {
      if (!consumers.tryAcquire(limit.toNanos(), TimeUnit.NANOSECONDS)) {
        throw late(at, "all consumers are taken");
      }
      try {
        value = fetched(at, end);
      } finally {
        consumers.release();
      }
    }
    Received<T> received = records.deserialize(at.getTopic(), value);
    T record = received == null ? null : received.record();
    if (record == null) {
      throw gone(at, "there is no record that can be read");
    }
    return record;
  }

  private static String where(Coordinates at) {
    return "%s-%d@%d".formatted(at.getTopic(), at.getPartition(), at.getOffset());
  }

  private static ModelException late(Coordinates at, String why) {
    return new ModelException(
        "INPUTS_UNAVAILABLE", "The record at %s was not read: %s".formatted(where(at), why), true);
  }

  private static ModelException gone(Coordinates at, String why) {
    return new ModelException(
        "INPUTS_GONE", "The record at %s cannot be had: %s".formatted(where(at), why), false);
  }

  private byte[] fetched(Coordinates at, long end) {
    KafkaConsumer<byte[], byte[]> consumer = lend();
    boolean sound = false;
    try {
      byte[] value = fetched(consumer, at, end);
      sound = true;
      return value;
    } catch (ModelException e) {
      sound = true;
      throw e;
    } catch (InterruptException | WakeupException e) {
      throw late(at, "the worker stops, or the request was called off");
    } catch (KafkaException e) {
      throw late(at, e.toString());
    } finally {
      giveBack(consumer, sound);
    }
  }

  private byte[] fetched(KafkaConsumer<byte[], byte[]> consumer, Coordinates at, long end) {
    TopicPartition partition = new TopicPartition(at.getTopic(), at.getPartition());
    if (!consumer.assignment().equals(Set.of(partition))) {
      consumer.assign(List.of(partition));
    }
    consumer.seek(partition, at.getOffset());
    byte[] value = null;
    while (value == null) {
      if (System.nanoTime() - end > 0) {
        throw late(at, "the brokers did not give them in time");
      }
      for (ConsumerRecord<byte[], byte[]> record : poll(consumer, at)) {
        if (record.offset() == at.getOffset()) {
          value = record.value();
        } else if (value == null) {
          throw gone(at, "the log begins at offset " + record.offset());
        } else {
          keep(record);
        }
      }
    }
    return value;
  }

  private static Iterable<ConsumerRecord<byte[], byte[]>> poll(
      KafkaConsumer<byte[], byte[]> consumer, Coordinates at) {
    try {
      return consumer.poll(POLL);
    } catch (OffsetOutOfRangeException e) {
      throw gone(at, "the log does not have that offset");
    }
  }

  private KafkaConsumer<byte[], byte[]> lend() {
    synchronized (idle) {
      KafkaConsumer<byte[], byte[]> consumer = idle.poll();
      if (consumer != null) {
        return consumer;
      }
    }
    return new KafkaConsumer<>(kafka, new ByteArrayDeserializer(), new ByteArrayDeserializer());
  }

  private void giveBack(KafkaConsumer<byte[], byte[]> consumer, boolean sound) {
    synchronized (idle) {
      if (sound && !closed) {
        idle.push(consumer);
        return;
      }
    }
    consumer.close(CloseOptions.timeout(Duration.ZERO));
  }

  private byte @Nullable [] taken(Coordinates at) {
    synchronized (kept) {
      byte[] value = kept.remove(at);
      keptBytes -= value == null ? 0 : value.length;
      return value;
    }
  }

  private void keep(ConsumerRecord<byte[], byte[]> record) {
    byte[] value = record.value();
    if (value == null) {
      return;
    }
    Coordinates at = new Coordinates(record.topic(), record.partition(), record.offset());
    synchronized (kept) {
      byte[] former = kept.put(at, value);
      keptBytes += value.length - (former == null ? 0 : former.length);
      Iterator<byte[]> oldest = kept.values().iterator();
      while (keptBytes > KEPT_BYTES_MAX && oldest.hasNext()) {
        keptBytes -= oldest.next().length;
        oldest.remove();
      }
    }
  }

  /** Closes the consumers that are not lent; the others when they come back. */
  @Override
  public void close() {
    List<KafkaConsumer<byte[], byte[]>> all;
    synchronized (idle) {
      closed = true;
      all = List.copyOf(idle);
      idle.clear();
    }
    all.forEach(consumer -> consumer.close(CloseOptions.timeout(Duration.ZERO)));
  }
}
