package io.millrace.topologies;

import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.apache.kafka.streams.KeyValue;
import org.apache.kafka.streams.processor.StateStore;
import org.apache.kafka.streams.processor.StateStoreContext;
import org.apache.kafka.streams.processor.internals.InternalProcessorContext;
import org.apache.kafka.streams.processor.internals.ProcessorRecordContext;
import org.apache.kafka.streams.state.KeyValueIterator;
import org.apache.kafka.streams.state.KeyValueStore;
import org.apache.kafka.streams.state.StoreBuilder;
import org.apache.kafka.streams.state.internals.WrappedStateStore;
import org.jspecify.annotations.Nullable;

/**
 * A store that leaves no trace of entries that are put and deleted before the next commit.
 *
 * <p>An entry is written when the task commits, before the offset of the record that it came from
 * is: a crash before that reads the record again, and the answers, which are written at once, say
 * whether its work ended. Most work is much shorter than a commit interval, so most entries are
 * never written. What must be known whatever is read again, such as what was granted, is written at
 * once. Unlike the record cache, this writes no tombstone for what was never written.
 *
 * <p>The hook before the commit is that of Kafka Streams' own caching stores, {@link
 * WrappedStateStore#flushCache}.
 *
 * @param <V> the entries
 */
public final class HeldBackStore<V> extends WrappedStateStore<KeyValueStore<String, V>, String, V>
    implements KeyValueStore<String, V> {
  private final Predicate<V> atOnce;
  private final Map<String, V> unwritten = new LinkedHashMap<>();
  private final Set<String> written = new HashSet<>();
  private @Nullable InternalProcessorContext<?, ?> context;

  private HeldBackStore(KeyValueStore<String, V> inner, Predicate<V> atOnce) {
    super(inner);
    this.atOnce = atOnce;
  }

  /**
   * A builder of such stores over those of another builder.
   *
   * @param atOnce whether an entry is written when it is put
   */
  public static <V> StoreBuilder<KeyValueStore<String, V>> builder(
      StoreBuilder<KeyValueStore<String, V>> inner, Predicate<V> atOnce) {
    return new Builder<>(inner, atOnce);
  }

  @Override
  public void init(StateStoreContext stateStoreContext, StateStore root) {
    context = (InternalProcessorContext<?, ?>) stateStoreContext;
    super.init(stateStoreContext, root);
  }

  @Override
  public void put(String key, @Nullable V value) {
    if (value == null) {
      if (unwritten.remove(key) == null || written.contains(key)) {
        written.remove(key);
        // Not delete, which would read the entry first.
        wrapped().put(key, null);
      }
    } else if (atOnce.test(value) || written.contains(key)) {
      unwritten.remove(key);
      write(key, value);
    } else {
      unwritten.put(key, value);
    }
  }

  private void write(String key, V value) {
    written.add(key);
    wrapped().put(key, value);
  }

  @Override
  public void flushCache() {
    InternalProcessorContext<?, ?> of = context;
    if (!unwritten.isEmpty() && of != null) {
      ProcessorRecordContext before = of.recordContext();
      of.setRecordContext(
          new ProcessorRecordContext(
              of.currentSystemTimeMs(), -1, of.taskId().partition(), "", new RecordHeaders()));
      unwritten.forEach(this::write);
      unwritten.clear();
      of.setRecordContext(before);
    }
    super.flushCache();
  }

  @Override
  public void clearCache() {
    unwritten.clear();
    super.clearCache();
  }

  /** Everything that was written; to be read before anything is put. */
  @Override
  public KeyValueIterator<String, V> all() {
    try (KeyValueIterator<String, V> kept = wrapped().all()) {
      kept.forEachRemaining(entry -> written.add(entry.key));
    }
    return wrapped().all();
  }

  @Override
  public @Nullable V get(String key) {
    V value = unwritten.get(key);
    return value != null ? value : wrapped().get(key);
  }

  @Override
  public @Nullable V putIfAbsent(String key, V value) {
    V present = get(key);
    if (present == null) {
      put(key, value);
    }
    return present;
  }

  @Override
  public void putAll(List<KeyValue<String, V>> entries) {
    entries.forEach(entry -> put(entry.key, entry.value));
  }

  @Override
  public @Nullable V delete(String key) {
    V present = get(key);
    put(key, null);
    return present;
  }

  @Override
  public KeyValueIterator<String, V> range(String from, String to) {
    return wrapped().range(from, to);
  }

  @Override
  public long approximateNumEntries() {
    return wrapped().approximateNumEntries() + unwritten.size();
  }

  private record Builder<V>(StoreBuilder<KeyValueStore<String, V>> inner, Predicate<V> atOnce)
      implements StoreBuilder<KeyValueStore<String, V>> {
    @Override
    public StoreBuilder<KeyValueStore<String, V>> withCachingEnabled() {
      return new Builder<>(inner.withCachingEnabled(), atOnce);
    }

    @Override
    public StoreBuilder<KeyValueStore<String, V>> withCachingDisabled() {
      return new Builder<>(inner.withCachingDisabled(), atOnce);
    }

    @Override
    public StoreBuilder<KeyValueStore<String, V>> withLoggingEnabled(Map<String, String> config) {
      return new Builder<>(inner.withLoggingEnabled(config), atOnce);
    }

    @Override
    public StoreBuilder<KeyValueStore<String, V>> withLoggingDisabled() {
      return new Builder<>(inner.withLoggingDisabled(), atOnce);
    }

    @Override
    public KeyValueStore<String, V> build() {
      return new HeldBackStore<>(inner.build(), atOnce);
    }

    @Override
    public Map<String, String> logConfig() {
      return inner.logConfig();
    }

    @Override
    public boolean loggingEnabled() {
      return inner.loggingEnabled();
    }

    @Override
    public String name() {
      return inner.name();
    }
  }
}
