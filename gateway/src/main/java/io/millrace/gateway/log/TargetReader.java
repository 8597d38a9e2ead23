package io.millrace.gateway.log;

import io.millrace.events.TargetSpec;
import io.millrace.events.WorkerStatus;
import io.millrace.schemas.log.RecordReader;
import io.millrace.schemas.serde.Undecodable;
import io.millrace.schemas.topics.Topics;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.function.BiConsumer;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import org.apache.avro.specific.SpecificRecord;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Puts the records of the topics of targets and workers into the table. */
final class TargetReader {
  private static final Logger LOG = LoggerFactory.getLogger(TargetReader.class);

  private final TargetTable table;
  private final RecordReader<TargetSpec> targets;
  private final RecordReader<WorkerStatus> workers;

  /**
   * A reader.
   *
   * @param serde settings of the serde
   * @param stopping true ends a wait for the registry
   */
  TargetReader(TargetTable table, Map<String, Object> serde, BooleanSupplier stopping) {
    this.table = table;
    this.targets = new RecordReader<>(TargetSpec.class, serde, stopping);
    this.workers = new RecordReader<>(WorkerStatus.class, serde, stopping);
  }

  /** What reads the records of each topic. */
  Map<String, Consumer<ConsumerRecord<byte[], byte[]>>> readers() {
    return Map.of(
        Topics.TARGETS.name(),
        record -> take(targets, record, table::put),
        Topics.WORKERS.name(),
        record -> take(workers, record, table::beat));
  }

  /** What cannot be read changes nothing: what was declared before holds. */
  private static <T extends SpecificRecord> void take(
      RecordReader<T> reader,
      ConsumerRecord<byte[], byte[]> record,
      BiConsumer<String, @Nullable T> table) {
    RecordReader.Read<T> read = reader.read(record.topic(), record.value());
    Undecodable undecodable = read.undecodable();
    if (undecodable == null) {
      table.accept(key(record), read.record());
    } else {
      LOG.warn(
          "{}-{}@{} is passed over: {}",
          record.topic(),
          record.partition(),
          record.offset(),
          undecodable.message());
    }
  }

  private static String key(ConsumerRecord<byte[], byte[]> record) {
    byte[] key = record.key();
    return key == null ? "" : new String(key, StandardCharsets.UTF_8);
  }
}
