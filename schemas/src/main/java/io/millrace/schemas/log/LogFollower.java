package io.millrace.schemas.log;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.InterruptException;
import org.apache.kafka.common.errors.WakeupException;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Reads topics on one thread: tables whole and from their beginning, streams of words to this
 * process from where they end at its start.
 *
 * <p>One consumer and thread for all, since an idle consumer costs CPU.
 */
public final class LogFollower implements AutoCloseable {

  private static final Logger LOG = LoggerFactory.getLogger(LogFollower.class);
  private static final Duration POLL = Duration.ofSeconds(10);
  private static final Duration PAUSE = Duration.ofMillis(500);
  private static final int FETCH_BYTES = 16 << 20;

  private final KafkaConsumer<byte[], byte[]> consumer;
  private final Set<String> tables;
  private final Set<String> streams;
  private final UnaryOperator<List<TopicPartition>> share;
  private final Map<String, Consumer<ConsumerRecord<byte[], byte[]>>> readers;
  private final Set<String> awaited;
  private final CompletableFuture<Void> ready = new CompletableFuture<>();
  private final Thread thread;
  private volatile boolean stopping;

  /**
   * Not started yet.
   *
   * @param name of its thread
   * @param kafka settings of the client, brokers included
   * @param tables topics read from their beginning, and what gets their records, in order per
   *     partition
   * @param streams topics read from where they end at the start, and what gets their records,
   *     likewise
   * @param share which of a stream's partitions, sorted and at least one, are read
   * @param awaited other topics whose existence is waited for
   */
  public LogFollower(
      String name,
      Map<String, Object> kafka,
      Map<String, Consumer<ConsumerRecord<byte[], byte[]>>> tables,
      Map<String, Consumer<ConsumerRecord<byte[], byte[]>>> streams,
      UnaryOperator<List<TopicPartition>> share,
      Set<String> awaited) {
    this.tables = Set.copyOf(tables.keySet());
    this.streams = Set.copyOf(streams.keySet());
    this.share = share;
    this.readers = new HashMap<>(tables);
    readers.putAll(streams);
    this.awaited = Set.copyOf(awaited);
    Map<String, Object> settings = new HashMap<>(kafka);
    settings.put(ConsumerConfig.ENABLE_AUTO_COMMIT_CONFIG, false);
    settings.put(ConsumerConfig.AUTO_OFFSET_RESET_CONFIG, "earliest");
    settings.put(ConsumerConfig.FETCH_MAX_BYTES_CONFIG, FETCH_BYTES);
    settings.put(ConsumerConfig.ALLOW_AUTO_CREATE_TOPICS_CONFIG, false);
    this.consumer =
        new KafkaConsumer<>(settings, new ByteArrayDeserializer(), new ByteArrayDeserializer());
    this.thread = new Thread(this::run, name);
  }

  /** Starts reading; returns at once. Brokers that are away are waited for. */
  public void start() {
    thread.start();
  }

  /** Done once the tables have been read whole and the positions in the streams are fixed. */
  public CompletableFuture<Void> ready() {
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
          LOG.warn("Reading {} and {} failed; trying again: {}", tables, streams, e.toString());
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
          List<TopicPartition> whole = new ArrayList<>();
          tables.forEach(table -> whole.addAll(partitions(table)));
          List<TopicPartition> shares = new ArrayList<>();
          streams.forEach(stream -> shares.addAll(share.apply(partitions(stream))));
          return position(whole, shares);
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
      List<TopicPartition> whole, List<TopicPartition> shares) {
    List<TopicPartition> all = new ArrayList<>(whole);
    all.addAll(shares);
    consumer.assign(all);
    consumer.seekToBeginning(whole);
    if (!shares.isEmpty()) {
      consumer.seekToEnd(shares);
    }
    // Seeking is lazy: asking for the position is what fixes it before anything is asked for.
    shares.forEach(consumer::position);
    Map<TopicPartition, Long> ends = new HashMap<>(consumer.endOffsets(whole));
    ends.entrySet().removeIf(end -> consumer.position(end.getKey()) >= end.getValue());
    if (ends.isEmpty()) {
      ready.complete(null);
    }
    return ends;
  }

  private List<TopicPartition> partitions(String topic) {
    return consumer.partitionsFor(topic).stream()
        .map(info -> new TopicPartition(info.topic(), info.partition()))
        .sorted(Comparator.comparingInt(TopicPartition::partition))
        .toList();
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
