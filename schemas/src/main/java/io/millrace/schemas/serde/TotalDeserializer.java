package io.millrace.schemas.serde;

import java.util.Map;
import org.apache.avro.generic.GenericContainer;
import org.apache.kafka.common.errors.SerializationException;
import org.apache.kafka.common.serialization.Deserializer;
import org.jspecify.annotations.Nullable;

/**
 * A deserializer that never throws: it gives what was {@link Received}, readable or not, so that no
 * record can stop the application that reads it. A registry that stays away makes records with
 * schemas not seen before unreadable, once {@code schema.registry.retry.timeout.ms} has passed.
 *
 * @param <T> class of the records
 */
public final class TotalDeserializer<T extends GenericContainer>
    implements Deserializer<Received<T>> {
  /** Reason of what may be read later: the registry stayed away. */
  public static final String REGISTRY_UNAVAILABLE = "REGISTRY_UNAVAILABLE";

  private final EventDeserializer<T> records;

  private TotalDeserializer(EventDeserializer<T> records) {
    this.records = records;
  }

  /**
   * A total deserializer of values.
   *
   * @param type class of the records
   * @param settings keys of {@link SerdeConfig}
   */
  public static <T extends GenericContainer> TotalDeserializer<T> forValues(
      Class<T> type, Map<String, ?> settings) {
    return new TotalDeserializer<>(EventDeserializer.forValues(type, settings));
  }

  /**
   * The same, sharing the schemas that it learns.
   *
   * @param known of the registry that the settings name
   */
  public static <T extends GenericContainer> TotalDeserializer<T> forValues(
      Class<T> type, Map<String, ?> settings, KnownSchemas known) {
    return new TotalDeserializer<>(EventDeserializer.forValues(type, settings, known));
  }

  /**
   * What was received.
   *
   * @param topic for messages
   * @param bytes null for a tombstone
   * @return null for a tombstone
   */
  @Override
  public @Nullable Received<T> deserialize(String topic, byte @Nullable [] bytes) {
    if (bytes == null) {
      return null;
    }
    try {
      return new Received<>(records.deserialize(topic, bytes), bytes, null);
    } catch (RegistryException e) {
      return unreadable(bytes, e.away() ? REGISTRY_UNAVAILABLE : "SCHEMA_UNKNOWN", e);
    } catch (SerializationException e) {
      return unreadable(bytes, "UNDECODABLE", e);
    }
  }

  private Received<T> unreadable(byte[] bytes, String reason, Exception cause) {
    return new Received<>(null, bytes, new Undecodable(reason, String.valueOf(cause.getMessage())));
  }
}
