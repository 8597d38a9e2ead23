package io.millrace.worker.runtime;

import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.apache.kafka.clients.consumer.CloseOptions;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.errors.InterruptException;
import org.apache.kafka.common.errors.WakeupException;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Takes the tasks of a pool's sequences from its consumer group and starts them, on one thread.
 *
 * <p>The tasks of a sequence lie in one partition, which one worker of the group reads. So a
 * sequence stays where its state is at hand, until that worker leaves: then another one reads on,
 * and the state is in the log. While there are no slots the partitions are paused, since a consumer
 * that does not poll would hold up the group.
 */
final class SequenceIntake implements Intake {

  private static final Logger LOG = LoggerFactory.getLogger(SequenceIntake.class);
  private static final Duration POLL = Duration.ofMillis(500);
  private static final Duration PAUSED_POLL = Duration.ofMillis(10);
  private static final Duration PAUSE = Duration.ofMillis(500);
  private static final Duration FAREWELL = Duration.ofSeconds(5);
  private static final int BATCH_MAX = 64;

  /** How soon a worker that was killed is noticed: the least that brokers allow. */
  private static final int SESSION_MS = 6_000;

  private static final int HEARTBEAT_MS = 1_000;

  private final KafkaConsumer<byte[], byte[]> consumer;
  private final String topic;
  private final String pool;
  private final Slots slots;
  private final int batch;
  private final TaskDesk desk;
  private final Thread thread;
  private final CompletableFuture<Void> ready = new CompletableFuture<>();
  private volatile boolean stopping;

  /**
   * @param topic of the tasks
   * @param group of the workers that share them
   * @param pool under which they are counted
   */
  SequenceIntake(
      WorkerConfig config, String topic, String group, String pool, Slots slots, TaskDesk desk) {
    this.topic = topic;
    this.pool = pool;
    this.slots = slots;
    this.batch = Math.max(1, Math.min(BATCH_MAX, slots.limit() / 8));
    this.desk = desk;
    Map<String, Object> settings = new HashMap<>();
    settings.put(ConsumerConfig.SESSION_TIMEOUT_MS_CONFIG, SESSION_MS);
    settings.put(ConsumerConfig.HEARTBEAT_INTERVAL_MS_CONFIG, HEARTBEAT_MS);
    settings.putAll(config.kafka());
    settings.put(ConsumerConfig.GROUP_ID_CONFIG, group);
    settings.put(ConsumerConfig.ENABLE_AUTO_COMMIT_CONFIG, false);
    settings.put(ConsumerConfig.AUTO_OFFSET_RESET_CONFIG, "earliest");
    settings.put(ConsumerConfig.ALLOW_AUTO_CREATE_TOPICS_CONFIG, false);
    settings.put(ConsumerConfig.MAX_POLL_RECORDS_CONFIG, batch);
    settings.put(
        ConsumerConfig.PARTITION_ASSIGNMENT_STRATEGY_CONFIG,
        "org.apache.kafka.clients.consumer.CooperativeStickyAssignor");
    this.consumer =
        new KafkaConsumer<>(settings, new ByteArrayDeserializer(), new ByteArrayDeserializer());
    this.thread = new Thread(this::run, "worker-sequences-" + pool);
  }

  @Override
  public void start() {
    thread.start();
  }

  @Override
  public CompletableFuture<Void> ready() {
    return ready;
  }

  private void run() {
    try {
      consumer.subscribe(List.of(topic));
      while (!stopping) {
        try {
          poll();
          ready.complete(null);
        } catch (WakeupException | InterruptException e) {
          stopping = true;
        } catch (KafkaException | IllegalStateException e) {
          LOG.warn("Taking tasks of {} failed; trying again", pool, e);
          pause();
        }
      }
    } finally {
      ready.cancel(false);
      consumer.close(CloseOptions.timeout(FAREWELL));
    }
  }

  private void poll() {
    boolean free = slots.free(batch);
    if (free) {
      consumer.resume(consumer.paused());
    } else {
      consumer.pause(consumer.assignment());
    }
    boolean taken = false;
    for (ConsumerRecord<byte[], byte[]> record : consumer.poll(free ? POLL : PAUSED_POLL)) {
      take(record);
      taken = true;
    }
    if (taken) {
      // What was begun is dispatch's to watch; another worker need not begin it again.
      consumer.commitAsync();
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
      consumer.close(CloseOptions.timeout(Duration.ZERO));
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
