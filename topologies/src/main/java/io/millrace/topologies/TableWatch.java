package io.millrace.topologies;

import io.millrace.events.TargetSpec;
import io.millrace.schemas.log.RecordReader;
import io.millrace.schemas.log.RejectedBytes;
import io.millrace.schemas.serde.Undecodable;
import io.millrace.schemas.topics.Topic;
import io.millrace.schemas.topics.Topics;
import io.millrace.topologies.targets.TargetTable;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Collection;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.errors.WakeupException;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Rejects what the global tables leave out: a table may not produce, and every instance reads it,
 * from the beginning at each start. So a consumer group, whose instances share the topics of the
 * tables and remember how far they came, reads them once more, in no hurry.
 */
final class TableWatch {
  private static final Logger LOG = LoggerFactory.getLogger(TableWatch.class);
  private static final Duration POLL = Duration.ofSeconds(1);
  private static final int IN_NO_HURRY_BYTES = 1 << 20;

  private final Map<String, Object> kafka;
  private final String application;
  private final Map<String, ?> serdes;
  private final Collection<Topic<?>> tables;
  private final TargetTable targets;
  private final RejectionWriter rejections;
  private final InstantSource clock;
  private volatile @Nullable KafkaConsumer<byte[], byte[]> current;

  /**
   * @param kafka settings of its clients
   * @param serdes settings of the Avro serde
   * @param application its id, from which the group has its name
   * @param tables topics of the tables
   * @param targets judges targets
   */
  TableWatch(
      Map<String, Object> kafka,
      Map<String, ?> serdes,
      String application,
      Collection<Topic<?>> tables,
      TargetTable targets,
      RejectionWriter rejections,
      InstantSource clock) {
    this.kafka = kafka;
    this.serdes = serdes;
    this.application = application;
    this.tables = tables;
    this.targets = targets;
    this.rejections = rejections;
    this.clock = clock;
  }

  /**
   * Works until it is to stop.
   *
   * @param stopping true ends it, once it is woken
   */
  void run(BooleanSupplier stopping) {
    Map<String, RecordReader<?>> readers = new HashMap<>();
    for (Topic<?> table : tables) {
      readers.put(table.name(), new RecordReader<>(table.record(), serdes, stopping));
    }
    while (!stopping.getAsBoolean()) {
      try (KafkaConsumer<byte[], byte[]> consumer = consumer()) {
        current = consumer;
        consumer.subscribe(readers.keySet());
        while (!stopping.getAsBoolean()) {
          boolean any = false;
          for (ConsumerRecord<byte[], byte[]> record : consumer.poll(POLL)) {
            Undecodable problem = problem(readers.get(record.topic()), record);
            if (stopping.getAsBoolean()) {
              return;
            }
            if (problem != null) {
              reject(record, problem);
            }
            any = true;
          }
          if (any) {
            consumer.commitSync();
          }
        }
      } catch (WakeupException e) {
        LOG.debug("Woken; what was not committed is read again");
      } catch (KafkaException e) {
        LOG.warn("Bad records of the tables are not rejected for now; trying again", e);
        LockSupport.parkNanos(POLL.toNanos());
      }
    }
  }

  /** Has it see at once that it is to stop. */
  void wake() {
    KafkaConsumer<byte[], byte[]> consumer = current;
    if (consumer != null) {
      consumer.wakeup();
    }
  }

  private KafkaConsumer<byte[], byte[]> consumer() {
    Map<String, Object> settings = new HashMap<>(kafka);
    settings.put(ConsumerConfig.GROUP_ID_CONFIG, application + "-tables");
    settings.put(ConsumerConfig.AUTO_OFFSET_RESET_CONFIG, "earliest");
    settings.put(ConsumerConfig.ENABLE_AUTO_COMMIT_CONFIG, false);
    settings.put(ConsumerConfig.FETCH_MIN_BYTES_CONFIG, IN_NO_HURRY_BYTES);
    settings.put(ConsumerConfig.FETCH_MAX_WAIT_MS_CONFIG, Math.toIntExact(POLL.toMillis()));
    return new KafkaConsumer<>(settings, new ByteArrayDeserializer(), new ByteArrayDeserializer());
  }

  private @Nullable Undecodable problem(
      @Nullable RecordReader<?> reader, ConsumerRecord<byte[], byte[]> record) {
    if (reader == null) {
      return null;
    }
    if (record.key() == null) {
      return new Undecodable(
          "KEY_MISSING",
          "a record of %s has no key; expected %s"
              .formatted(
                  record.topic(),
                  Topics.find(record.topic()).map(Topic::key).orElse("what it is about")));
    }
    RecordReader.Read<?> read = reader.read(record.topic(), record.value());
    if (read.undecodable() == null && read.record() instanceof TargetSpec spec) {
      String fault = targets.fault(new String(record.key(), StandardCharsets.UTF_8), spec);
      return fault == null ? null : new Undecodable("TARGET_INVALID", fault);
    }
    return read.undecodable();
  }

  private void reject(ConsumerRecord<byte[], byte[]> record, Undecodable problem) {
    rejections.write(
        Rejections.of(
            new Rejections.Place(record.topic(), record.partition(), record.offset()),
            RejectedBytes.of(record.key(), record.value(), problem.message()),
            problem.reason(),
            application,
            clock.millis()));
  }
}
