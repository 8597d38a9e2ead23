package io.millrace.topologies;

import io.millrace.schemas.topics.Topic;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import org.apache.avro.generic.GenericContainer;
import org.apache.kafka.common.serialization.Serde;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.streams.state.KeyValueStore;
import org.apache.kafka.streams.state.StoreBuilder;
import org.apache.kafka.streams.state.WindowStore;

/**
 * Makes the builders of the topologies' stores: RocksDB, String keys, a changelog, Avro values or
 * bytes.
 */
public final class Stores {
  /** How the names of stores of {@link #writtenOnce} end. */
  public static final String ANSWERS = "-answers";

  private static final Map<String, String> CHANGELOG =
      Map.of("max.message.bytes", Integer.toString(Topic.RECORD_BYTES_MAX));

  /** How much longer than its store a changelog keeps what is written once. */
  private static final Duration KEPT_LONGER = Duration.ofMinutes(5);

  private static final Duration SEGMENT = Duration.ofMinutes(5);
  private static final int SEGMENT_BYTES = 64 << 20;

  private Stores() {}

  /**
   * A key-value store.
   *
   * @param values of {@link Written#kept}
   */
  public static <V extends GenericContainer> StoreBuilder<KeyValueStore<String, V>> keyValue(
      String name, Serde<V> values) {
    return org.apache.kafka.streams.state.Stores.keyValueStoreBuilder(
            org.apache.kafka.streams.state.Stores.persistentKeyValueStore(name),
            Serdes.String(),
            values)
        .withLoggingEnabled(CHANGELOG)
        .withCachingDisabled();
  }

  /**
   * A key-value store of what logic has learnt, {@link io.millrace.topologies.memory.logic.Memory}
   * by name: bytes that only that logic reads, so that what it cannot read stops nothing.
   */
  public static StoreBuilder<KeyValueStore<String, byte[]>> memory(String name) {
    return org.apache.kafka.streams.state.Stores.keyValueStoreBuilder(
            org.apache.kafka.streams.state.Stores.persistentKeyValueStore(name),
            Serdes.String(),
            Serdes.ByteArray())
        .withLoggingEnabled(CHANGELOG)
        .withCachingDisabled();
  }

  /**
   * A store that forgets by itself: whole segments of it are dropped when they are older than the
   * retention.
   *
   * @param values of {@link Written#kept}
   */
  public static <V extends GenericContainer> StoreBuilder<WindowStore<String, V>> forgetting(
      String name, Serde<V> values, Duration retention) {
    return org.apache.kafka.streams.state.Stores.windowStoreBuilder(
            org.apache.kafka.streams.state.Stores.persistentWindowStore(
                name, retention, Duration.ofMillis(1), false),
            Serdes.String(),
            values)
        .withLoggingEnabled(CHANGELOG)
        .withCachingDisabled();
  }

  /**
   * A store that forgets by itself, each key of which is written once.
   *
   * @param values of {@link Written#kept}
   */
  public static <V extends GenericContainer> StoreBuilder<WindowStore<String, V>> writtenOnce(
      String name, Serde<V> values, Duration retention) {
    return forgetting(name, values, retention).withLoggingEnabled(onceChangelog(retention));
  }

  /**
   * A store that forgets by itself, of bytes: whether something was seen. Each key is written once.
   *
   * @param retention what is older than the newest entry by that is dropped
   */
  public static StoreBuilder<WindowStore<String, byte[]>> marks(String name, Duration retention) {
    return org.apache.kafka.streams.state.Stores.windowStoreBuilder(
            org.apache.kafka.streams.state.Stores.persistentWindowStore(
                name, retention, Duration.ofMillis(1), false),
            Serdes.String(),
            Serdes.ByteArray())
        .withLoggingEnabled(onceChangelog(retention))
        .withCachingDisabled();
  }

  /**
   * Not compacted: no record replaces another, and the broker's cleaner would copy all of them time
   * and again.
   */
  private static Map<String, String> onceChangelog(Duration retention) {
    Map<String, String> changelog = new HashMap<>(CHANGELOG);
    changelog.put("cleanup.policy", "delete");
    changelog.put("retention.ms", Long.toString(retention.plus(KEPT_LONGER).toMillis()));
    changelog.put("segment.ms", Long.toString(SEGMENT.toMillis()));
    changelog.put("segment.bytes", Integer.toString(SEGMENT_BYTES));
    return changelog;
  }
}
