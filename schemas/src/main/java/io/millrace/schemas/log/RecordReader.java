package io.millrace.schemas.log;

import io.millrace.schemas.serde.Received;
import io.millrace.schemas.serde.TotalDeserializer;
import io.millrace.schemas.serde.Undecodable;
import java.util.Map;
import java.util.function.BooleanSupplier;
import org.apache.avro.generic.GenericContainer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Decodes records of one class and waits for a registry that is away: its absence says nothing
 * about the record, so it must not cost one.
 *
 * @param <T> class of the records
 */
public final class RecordReader<T extends GenericContainer> {

  private static final Logger LOG = LoggerFactory.getLogger(RecordReader.class);
  private static final String REGISTRY_AWAY = "REGISTRY_UNAVAILABLE";

  private final TotalDeserializer<T> records;
  private final BooleanSupplier stopping;

  /**
   * A reader.
   *
   * @param type class of the records
   * @param serde settings of the serde
   * @param stopping true ends the wait for the registry
   */
  public RecordReader(Class<T> type, Map<String, ?> serde, BooleanSupplier stopping) {
    this.records = TotalDeserializer.forValues(type, serde);
    this.stopping = stopping;
  }

  /** The record, null for a tombstone, or what stands for one that cannot be read. */
  public Read<T> read(String topic, byte @Nullable [] bytes) {
    while (true) {
      Received<T> received = records.deserialize(topic, bytes);
      if (received == null) {
        return new Read<>(null, null);
      }
      Undecodable undecodable = received.problem();
      if (undecodable == null
          || !undecodable.reason().equals(REGISTRY_AWAY)
          || stopping.getAsBoolean()) {
        return new Read<>(received.record(), undecodable);
      }
      LOG.warn("A record of {} waits for the schema registry: {}", topic, undecodable.message());
    }
  }

  /** Either a record (null for a tombstone) or what could not be read. */
  public record Read<T>(@Nullable T record, @Nullable Undecodable undecodable) {}
}
