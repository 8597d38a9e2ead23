package io.millrace.schemas.serde;

import java.util.Collection;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.avro.Schema;
import org.jspecify.annotations.Nullable;

/**
 * Schemas by their ids in one registry, shared by the deserializers of a process: what was
 * registered before the registry went away can be read while it is.
 *
 * <p>Bounded; beyond that, each deserializer asks for itself. Safe for use by several threads.
 */
public final class KnownSchemas {
  private static final int MOST = 10_000;
  private static final int NOT_FOUND = 404;

  private final Map<Integer, Schema> byId = new ConcurrentHashMap<>();

  /** The schema of an id; null if it is not known here. */
  @Nullable Schema get(int id) {
    return byId.get(id);
  }

  void put(int id, Schema schema) {
    if (byId.size() < MOST) {
      byId.put(id, schema);
    }
  }

  /**
   * Learns every version of the schemas of topics' values; a topic without any is passed over.
   *
   * @param topics names
   * @param settings keys of {@link SerdeConfig}
   * @throws RegistryException if the registry stays away; then some are learnt
   */
  public void learn(Collection<String> topics, Map<String, ?> settings) {
    AvroSafety.establish();
    RegistryClient registry = RegistryClient.of(settings);
    for (String topic : topics) {
      try {
        registry.versions(topic + "-value").forEach(this::put);
      } catch (RegistryException e) {
        if (e.status() != NOT_FOUND) {
          throw e;
        }
      }
    }
  }
}
