package io.millrace.schemas.serde;

import java.util.Map;
import org.apache.avro.generic.GenericContainer;
import org.apache.kafka.common.errors.SerializationException;
import org.apache.kafka.common.serialization.Deserializer;
import org.jspecify.annotations.Nullable;

/**
 * A deserializer that never throws: gives the record, null for a tombstone, or an {@link
 * Undecodable}, so that no record can stop the application that reads it.
 */
public final class TotalDeserializer implements Deserializer<Object> {
  private final EventDeserializer<?> records;

  private TotalDeserializer(EventDeserializer<?> records) {
    this.records = records;
  }

  /**
   * A total deserializer of values.
   *
   * @param type class of the records
   * @param settings keys of {@link SerdeConfig}
   */
  public static <T extends GenericContainer> TotalDeserializer forValues(
      Class<T> type, Map<String, ?> settings) {
    return new TotalDeserializer(EventDeserializer.forValues(type, settings));
  }

  @Override
  public @Nullable Object deserialize(String topic, byte @Nullable [] bytes) {
    try {
      return records.deserialize(topic, bytes);
    } catch (RegistryException e) {
      return new Undecodable(
          bytes == null ? new byte[0] : bytes,
          e.away() ? "REGISTRY_UNAVAILABLE" : "SCHEMA_UNKNOWN",
          String.valueOf(e.getMessage()));
    } catch (SerializationException e) {
      return new Undecodable(
          bytes == null ? new byte[0] : bytes, "UNDECODABLE", String.valueOf(e.getMessage()));
    }
  }
}
