package io.millrace.worker.runtime;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.apache.kafka.clients.ClientDnsLookup;
import org.apache.kafka.clients.ClientUtils;
import org.apache.kafka.clients.consumer.AcknowledgeType;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.KafkaShareConsumer;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.Metric;
import org.apache.kafka.common.config.ConfigException;
import org.apache.kafka.common.errors.InterruptException;
import org.apache.kafka.common.errors.WakeupException;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Takes one pool's tasks from its share group and starts them, on one thread.
 *
 * <p>It polls only while there are slots for all that a poll can give, so whatever it gets starts
 * at once and no record lies acquired and waiting. A record is accepted when its task has started:
 * dispatch watches tasks from there on, not the group. It never releases a record, because the
 * fifth delivery of one is archived in silence.
 *
 * <p>A share consumer (Kafka 4.3.1) without brokers asks for them without a pause and takes a whole
 * processor, also from the broker that is to come back on the same machine. So when they are lost
 * it is closed, and another one is opened when one of them accepts connections again.
 */
final class PoolIntake implements Intake {

  private static final Logger LOG = LoggerFactory.getLogger(PoolIntake.class);
  private static final Duration POLL = Duration.ofSeconds(1);

  /** They may be lost before a poll has seen that they were there. */
  private static final int UNCONNECTED_POLLS_MAX = 5;

  private static final Duration KNOCK = Duration.ofMillis(100);
  private static final Duration PAUSE = Duration.ofMillis(500);
  private static final Duration FAREWELL = Duration.ofSeconds(5);
  private static final int BATCH_MAX = 256;
  private static final int FETCH_BYTES = 16 << 20;

  private final Map<String, Object> settings;
  private final List<String> bootstrap;
  private final String topic;
  private final String pool;
  private final Slots slots;
  private final int batch;
  private final TaskDesk desk;
  private final Thread thread;
  private final CompletableFuture<Void> ready = new CompletableFuture<>();
  private volatile @Nullable KafkaShareConsumer<byte[], byte[]> current;
  private volatile boolean stopping;

  PoolIntake(WorkerConfig config, WorkerTopics topics, String pool, Slots slots, TaskDesk desk) {
    this.topic = topics.tasks().apply(pool).name();
    this.pool = pool;
    this.slots = slots;
    this.batch = Math.max(1, Math.min(BATCH_MAX, slots.limit() / 8));
    this.desk = desk;
    this.bootstrap = config.getList(WorkerConfig.BOOTSTRAP_SERVERS);
    this.settings = new HashMap<>();
    settings.put(ConsumerConfig.FETCH_MAX_BYTES_CONFIG, FETCH_BYTES);
    settings.putAll(config.kafka());
    settings.put(ConsumerConfig.GROUP_ID_CONFIG, topics.groupId(pool));
    settings.put(ConsumerConfig.SHARE_ACKNOWLEDGEMENT_MODE_CONFIG, "explicit");
    settings.put(ConsumerConfig.SHARE_ACQUIRE_MODE_CONFIG, "record_limit");
    settings.put(ConsumerConfig.MAX_POLL_RECORDS_CONFIG, batch);
    // A full worker does not poll, however long its tasks take; that is no sign of its death.
    settings.put(ConsumerConfig.MAX_POLL_INTERVAL_MS_CONFIG, Integer.MAX_VALUE);
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
      while (takeUntilLost()) {
        LOG.warn("The brokers are away; tasks of pool {} are taken again when they are back", pool);
        awaitBrokers();
      }
    } finally {
      ready.cancel(false);
    }
  }

  /**
   * Takes tasks until this is stopped or the brokers are lost.
   *
   * @return whether they are lost. What was taken then has started, and is known by its claims
   *     should it be handed over again
   */
  private boolean takeUntilLost() {
    KafkaShareConsumer<byte[], byte[]> consumer =
        new KafkaShareConsumer<>(
            settings, new ByteArrayDeserializer(), new ByteArrayDeserializer());
    Duration farewell = FAREWELL;
    current = consumer;
    try {
      consumer.subscribe(List.of(topic));
      Metric connections = connections(consumer);
      boolean connected = false;
      int unconnected = 0;
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
            take(consumer, record);
            accepted = true;
          }
          boolean before = connected;
          connected = count(connections) > 0;
          unconnected = connected ? 0 : unconnected + 1;
          if ((before && !connected) || unconnected >= UNCONNECTED_POLLS_MAX) {
            farewell = Duration.ZERO;
            return !stopping;
          }
        } catch (WakeupException | InterruptException e) {
          stopping = true;
        } catch (KafkaException | IllegalStateException e) {
          LOG.warn("Taking tasks of pool {} failed; trying again", pool, e);
          pause(PAUSE);
        }
      }
      commit(consumer);
    } catch (KafkaException | IllegalStateException e) {
      LOG.warn("The last tasks taken of pool {} may be handed over again", pool, e);
    } finally {
      current = null;
      consumer.close(farewell);
    }
    return false;
  }

  private static Metric connections(KafkaShareConsumer<?, ?> consumer) {
    return consumer.metrics().values().stream()
        .filter(metric -> metric.metricName().name().equals("connection-count"))
        .findFirst()
        .orElseThrow();
  }

  private static double count(Metric metric) {
    return metric.metricValue() instanceof Number count ? count.doubleValue() : 0;
  }

  private void awaitBrokers() {
    while (!stopping && !anyAccepts()) {
      pause(KNOCK);
    }
  }

  private boolean anyAccepts() {
    try {
      for (InetSocketAddress address :
          ClientUtils.parseAndValidateAddresses(bootstrap, ClientDnsLookup.USE_ALL_DNS_IPS)) {
        try (Socket socket = new Socket()) {
          socket.connect(address, (int) PAUSE.toMillis());
          return true;
        } catch (IOException e) {
          LOG.debug("{} does not accept connections yet", address, e);
        }
      }
    } catch (ConfigException e) {
      LOG.debug("No broker's name can be resolved yet", e);
    }
    return false;
  }

  private void take(
      KafkaShareConsumer<byte[], byte[]> consumer, ConsumerRecord<byte[], byte[]> record) {
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

  private static void commit(KafkaShareConsumer<byte[], byte[]> consumer) {
    try {
      consumer.commitSync(FAREWELL);
    } catch (WakeupException e) {
      // The wake-up meant the poll; it is used up now.
      consumer.commitSync(FAREWELL);
    }
  }

  private static void pause(Duration duration) {
    try {
      Thread.sleep(duration.toMillis());
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
      return;
    }
    KafkaShareConsumer<byte[], byte[]> consumer = current;
    if (consumer != null) {
      consumer.wakeup();
    }
    try {
      thread.join();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
