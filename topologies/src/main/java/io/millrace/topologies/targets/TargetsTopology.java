package io.millrace.topologies.targets;

import static io.millrace.schemas.serde.TotalDeserializer.REGISTRY_UNAVAILABLE;

import io.millrace.events.CacheInvalidation;
import io.millrace.events.HealthStatus;
import io.millrace.events.TargetSpec;
import io.millrace.schemas.serde.KnownSchemas;
import io.millrace.schemas.serde.Received;
import io.millrace.schemas.serde.SerdeConfig;
import io.millrace.schemas.serde.TotalDeserializer;
import io.millrace.schemas.topics.Topic;
import io.millrace.schemas.topics.Topics;
import io.millrace.topologies.Operations;
import io.millrace.topologies.dispatch.RequestMetrics;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import org.apache.avro.specific.SpecificRecord;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.streams.Topology;
import org.apache.kafka.streams.processor.api.ContextualProcessor;
import org.apache.kafka.streams.processor.api.Record;
import org.apache.kafka.streams.state.Stores;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The global tables: every instance follows {@code targets} and {@code health.status} whole. */
public final class TargetsTopology {
  private static final Logger LOG = LoggerFactory.getLogger(TargetsTopology.class);

  /** Longer than a registry should ever be away: without their tables, operations can only wait. */
  private static final Duration REGISTRY_WAIT = Duration.ofHours(1);

  /** Takes a record that is followed; null where it was removed. */
  public interface Table {
    /**
     * Takes it.
     *
     * @param atMillis when it was written, milliseconds since the epoch
     */
    void take(String key, @Nullable Object value, long atMillis);
  }

  private TargetsTopology() {}

  /** Adds the global tables. */
  public static void build(Operations operations) {
    TargetTable table = operations.targets();
    follow(operations, Topics.TARGETS, (key, value, at) -> table.put(key, (TargetSpec) value));
    follow(
        operations,
        Topics.HEALTH_STATUS,
        (key, value, at) -> table.putHealth(key, (HealthStatus) value));
  }

  /**
   * Adds what is cached and no longer true. To be called in its turn: a sub-topology has its number
   * by the order of building, and state on disk lies under that number.
   */
  public static void buildInvalidations(Operations operations) {
    Table table =
        (key, value, at) -> {
          if (value instanceof CacheInvalidation invalidation) {
            operations.invalidations().put(invalidation, at);
          }
        };
    follow(operations, Topics.CACHE_INVALIDATIONS, table);
    follow(operations, Topics.TOOL_WRITES, table);
  }

  /**
   * Adds a global table of a topic.
   *
   * <p>Kafka wants a store behind a global table and fills it at every start by calling the
   * processor; what is looked up on the request path is kept ready for use in the {@link
   * TargetTable} instead.
   *
   * @param table takes key and record; a null record removes the key
   */
  public static <T extends SpecificRecord> void follow(
      Operations operations, Topic<T> topic, Table table) {
    operations.tables().add(topic);
    follow(
        operations.topology(),
        operations.serdes(),
        operations.schemas(),
        operations.metrics(),
        topic,
        table);
  }

  /**
   * Adds a global table of a topic to any topology.
   *
   * @param serdes settings of the Avro serde
   * @param schemas those that are known
   * @param metrics count what is dropped
   * @param table takes key and record; a null record removes the key
   */
  public static <T extends SpecificRecord> void follow(
      Topology topology,
      Map<String, ?> serdes,
      KnownSchemas schemas,
      RequestMetrics metrics,
      Topic<T> topic,
      Table table) {
    String name = topic.name().replace('.', '-');
    Map<String, Object> patient = new HashMap<>(serdes);
    patient.put(SerdeConfig.RETRY_TIMEOUT_MS, Math.toIntExact(REGISTRY_WAIT.toMillis()));
    topology.addGlobalStore(
        Stores.keyValueStoreBuilder(
                Stores.inMemoryKeyValueStore(name), Serdes.String(), Serdes.ByteArray())
            .withLoggingDisabled(),
        name + "-source",
        new StringDeserializer(),
        TotalDeserializer.forValues(topic.record(), patient, schemas),
        topic.name(),
        name + "-table",
        () ->
            new ContextualProcessor<String, Received<T>, Void, Void>() {
              @Override
              public void process(Record<String, Received<T>> record) {
                Received<T> received = record.value();
                if (record.key() == null) {
                  metrics.rejected();
                  LOG.warn("A record of {} without key was dropped", topic.name());
                } else if (received == null) {
                  table.take(record.key(), null, record.timestamp());
                } else if (received.problem() != null
                    && received.problem().reason().equals(REGISTRY_UNAVAILABLE)) {
                  // It is as good as any; a target must not be forgotten because of that.
                  throw new IllegalStateException(
                      "record %s of %s cannot be read: %s"
                          .formatted(record.key(), topic.name(), received.problem().message()));
                } else if (received.problem() != null) {
                  // A global table may not produce: others read it and reject (TableWatch).
                  metrics.rejected();
                  LOG.warn(
                      "Record {} of {} was dropped: {}",
                      record.key(),
                      topic.name(),
                      received.problem().message());
                } else {
                  table.take(record.key(), received.record(), record.timestamp());
                }
              }
            });
  }
}
