package io.millrace.worker.runtime;

import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.apache.kafka.clients.consumer.AcknowledgeType;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.KafkaShareConsumer;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.errors.InterruptException;
import org.apache.kafka.common.errors.WakeupException;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Takes one pool's tasks from its share group and starts them, on one thread.
 *
 * <p>It polls only while there are slots for all that a poll can give, so whatever it gets starts
 * at once and no record lies acquired and waiting. A record is accepted when its task has started:
 * dispatch watches tasks from there on, not the group. It never releases a record, because the
 * fifth delivery of one is archived in silence.
 */
final class PoolIntake implements Intake {

  private static final Logger LOG = LoggerFactory.getLogger(PoolIntake.class);
  private static final Duration POLL = Duration.ofSeconds(10);
  private static final Duration PAUSE = Duration.ofMillis(500);
  private static final Duration FAREWELL = Duration.ofSeconds(5);
  private static final int BATCH_MAX = 64;
  private static final int FETCH_BYTES = 16 << 20;

  private final KafkaShareConsumer<byte[], byte[]> consumer;
  private final String topic;
  private final String pool;
  private final Slots slots;
  private final int batch;
  private final TaskDesk desk;
  private final Thread thread;
  private final CompletableFuture<Void> ready = new CompletableFuture<>();
  private volatile boolean stopping;

  PoolIntake(WorkerConfig config, WorkerTopics topics, String pool, Slots slots, TaskDesk desk) {
    this.topic = topics.tasks().apply(pool).name();
    this.pool = pool;
    this.slots = slots;
    this.batch = Math.max(1, Math.min(BATCH_MAX, slots.limit() / 8));
    this.desk = desk;
    Map<String, Object> settings = new HashMap<>();
    settings.put(ConsumerConfig.FETCH_MAX_BYTES_CONFIG, FETCH_BYTES);
    settings.putAll(config.kafka());
    settings.put(ConsumerConfig.GROUP_ID_CONFIG, topics.groupId(pool));
    settings.put(ConsumerConfig.SHARE_ACKNOWLEDGEMENT_MODE_CONFIG, "explicit");
    settings.put(ConsumerConfig.SHARE_ACQUIRE_MODE_CONFIG, "record_limit");
    settings.put(ConsumerConfig.MAX_POLL_RECORDS_CONFIG, batch);
    // A full worker does not poll, however long its tasks take; that is no sign of its death.
    settings.put(ConsumerConfig.MAX_POLL_INTERVAL_MS_CONFIG, Integer.MAX_VALUE);
    this.consumer =
        new KafkaShareConsumer<>(
            settings, new ByteArrayDeserializer(), new ByteArrayDeserializer());
    this.thread = new Thread(this::run, "worker-intake-" + pool);
  }

  @Override
  public void start() {
    thread.start();
  }

  @Override
  public CompletableFuture<Void> ready() {
    return ready;
  }

  /** Runs are limited by the bound of the pool alone from now on. */
  void unlimit() {
    slots.adapt(Integer.MAX_VALUE);
  }

  private void run() {
    try {
      consumer.subscribe(List.of(topic));
      boolean accepted = false;
      while (!stopping) {
        try {
          if (accepted && !slots.free(batch)) {
            // The next poll would carry it, but that may be long in coming.
            consumer.commitAsync();
            accepted = false;
          }
          if (!slots.awaitFree(batch) || stopping) {
            break;
          }
          ConsumerRecords<byte[], byte[]> records =
              consumer.poll(ready.isDone() ? POLL : Duration.ZERO);
          ready.complete(null);
          for (ConsumerRecord<byte[], byte[]> record : records) {
            take(record);
            accepted = true;
          }
        } catch (WakeupException | InterruptException e) {
          stopping = true;
        } catch (KafkaException | IllegalStateException e) {
          LOG.warn("Taking tasks of pool {} failed; trying again", pool, e);
          pause();
        }
      }
      commit();
    } catch (KafkaException | IllegalStateException e) {
      LOG.warn("The last tasks taken of pool {} may be handed over again", pool, e);
    } finally {
      ready.cancel(false);
      consumer.close(FAREWELL);
    }
  }

  private void take(ConsumerRecord<byte[], byte[]> record) {
    try {
      desk.arrived(record, pool, slots);
    } catch (RuntimeException e) {
      LOG.error(
          "Task {}-{}@{} was dropped: starting it failed",
          record.topic(),
          record.partition(),
          record.offset(),
          e);
    }
    consumer.acknowledge(record, AcknowledgeType.ACCEPT);
  }

  private void commit() {
    try {
      consumer.commitSync(FAREWELL);
    } catch (WakeupException e) {
      // The wake-up meant the poll; it is used up now.
      consumer.commitSync(FAREWELL);
    }
  }

  private static void pause() {
    try {
      Thread.sleep(PAUSE.toMillis());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** Stops taking tasks and leaves the group; returns when the thread has ended. */
  @Override
  public void close() {
    stopping = true;
    slots.close();
    if (thread.getState() == Thread.State.NEW) {
      // Stopped before it began to take tasks: nobody else closes it.
      consumer.close(Duration.ZERO);
      return;
    }
    consumer.wakeup();
    try {
      thread.join();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
