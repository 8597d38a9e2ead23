package io.millrace.worker.runtime;

import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.PartitionInfo;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.InterruptException;
import org.apache.kafka.common.errors.WakeupException;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Reads all partitions of some topics on one thread: tables from their beginning, a stream of words
 * to this worker from its end.
 *
 * <p>One consumer and thread for all, since an idle consumer costs CPU.
 */
final class LogFollower implements AutoCloseable {

  private static final Logger LOG = LoggerFactory.getLogger(LogFollower.class);
  private static final Duration POLL = Duration.ofSeconds(10);
  private static final Duration PAUSE = Duration.ofMillis(500);
  private static final int FETCH_BYTES = 16 << 20;

  private final KafkaConsumer<byte[], byte[]> consumer;
  private final Set<String> tables;
  private final String stream;
  private final Map<String, Consumer<ConsumerRecord<byte[], byte[]>>> readers;
  private final Set<String> awaited;
  private final CompletableFuture<Void> ready = new CompletableFuture<>();
  private final Thread thread;
  private volatile boolean stopping;

  /**
   * Not started yet.
   *
   * @param kafka settings of the client, brokers included
   * @param tables topics read from their beginning, and what gets their records, in order per
   *     partition
   * @param stream topic read from where it ends at the start
   * @param onStream gets its records, in order per partition
   * @param awaited other topics whose existence is waited for
   */
  LogFollower(
      Map<String, Object> kafka,
      Map<String, Consumer<ConsumerRecord<byte[], byte[]>>> tables,
      String stream,
      Consumer<ConsumerRecord<byte[], byte[]>> onStream,
      Set<String> awaited) {
    this.tables = Set.copyOf(tables.keySet());
    this.stream = stream;
    this.readers = new HashMap<>(tables);
    readers.put(stream, onStream);
    this.awaited = Set.copyOf(awaited);
    Map<String, Object> settings = new HashMap<>(kafka);
    settings.put(ConsumerConfig.ENABLE_AUTO_COMMIT_CONFIG, false);
    settings.put(ConsumerConfig.AUTO_OFFSET_RESET_CONFIG, "earliest");
    settings.put(ConsumerConfig.FETCH_MAX_BYTES_CONFIG, FETCH_BYTES);
    settings.put(ConsumerConfig.ALLOW_AUTO_CREATE_TOPICS_CONFIG, false);
    this.consumer =
        new KafkaConsumer<>(settings, new ByteArrayDeserializer(), new ByteArrayDeserializer());
    this.thread = new Thread(this::run, "worker-follower");
  }

  void start() {
    thread.start();
  }

  /** Done once the tables have been read whole and the position in the stream is fixed. */
  CompletableFuture<Void> ready() {
    return ready;
  }

  private void run() {
    try {
      Map<TopicPartition, Long> ends = assign();
      while (!stopping) {
        try {
          consumer.poll(ends.isEmpty() ? POLL : Duration.ofMillis(100)).forEach(this::read);
          if (!ends.isEmpty()) {
            ends.entrySet().removeIf(end -> consumer.position(end.getKey()) >= end.getValue());
            if (ends.isEmpty()) {
              ready.complete(null);
            }
          }
        } catch (WakeupException | InterruptException e) {
          stopping = true;
        } catch (KafkaException e) {
          LOG.warn("Reading {} and {} failed; trying again: {}", tables, stream, e.toString());
          pause();
        }
      }
    } catch (WakeupException | InterruptException e) {
      LOG.debug("Stopped while starting");
    } finally {
      ready.cancel(false);
      consumer.close();
    }
  }

  private Map<TopicPartition, Long> assign() {
    while (true) {
      try {
        String missing = missing();
        if (missing == null) {
          Set<TopicPartition> whole = new HashSet<>();
          tables.forEach(table -> whole.addAll(partitions(table)));
          return position(whole, partitions(stream));
        }
        LOG.warn("Topic {} does not exist yet; create the topics first. Trying again", missing);
      } catch (WakeupException | InterruptException e) {
        throw e;
      } catch (KafkaException e) {
        LOG.warn("The brokers did not answer; trying again: {}", e.toString());
      }
      pause();
    }
  }

  private @Nullable String missing() {
    Set<String> needed = new HashSet<>(awaited);
    needed.addAll(readers.keySet());
    for (String topic : needed) {
      if (partitions(topic).isEmpty()) {
        return topic;
      }
    }
    return null;
  }

  /** Fixes all positions; returns where the table ends, for partitions that have something. */
  private Map<TopicPartition, Long> position(
      Set<TopicPartition> whole, Set<TopicPartition> streams) {
    List<TopicPartition> all = new ArrayList<>(whole);
    all.addAll(streams);
    consumer.assign(all);
    consumer.seekToBeginning(whole);
    consumer.seekToEnd(streams);
    // Seeking is lazy: asking for the position is what fixes it before a task is taken.
    streams.forEach(consumer::position);
    Map<TopicPartition, Long> ends = new HashMap<>(consumer.endOffsets(whole));
    ends.entrySet().removeIf(end -> consumer.position(end.getKey()) >= end.getValue());
    if (ends.isEmpty()) {
      ready.complete(null);
    }
    return ends;
  }

  private Set<TopicPartition> partitions(String topic) {
    Set<TopicPartition> partitions = new HashSet<>();
    for (PartitionInfo info : consumer.partitionsFor(topic)) {
      partitions.add(new TopicPartition(info.topic(), info.partition()));
    }
    return partitions;
  }

  private void read(ConsumerRecord<byte[], byte[]> record) {
    try {
      Consumer<ConsumerRecord<byte[], byte[]>> reader = readers.get(record.topic());
      if (reader != null) {
        reader.accept(record);
      }
    } catch (RuntimeException e) {
      LOG.error(
          "Record {}-{}@{} was dropped: handling it failed",
          record.topic(),
          record.partition(),
          record.offset(),
          e);
    }
  }

  private void pause() {
    try {
      Thread.sleep(PAUSE.toMillis());
    } catch (InterruptedException e) {
      throw new InterruptException(e);
    }
  }

  /** Stops reading; returns when the thread has ended. */
  @Override
  public void close() {
    stopping = true;
    consumer.wakeup();
    try {
      thread.join();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
