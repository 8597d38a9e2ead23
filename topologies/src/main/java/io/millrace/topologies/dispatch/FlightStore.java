package io.millrace.topologies.dispatch;

import io.millrace.state.Flight;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
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
 * The store of flights, which leaves no trace of those that end before the next commit.
 *
 * <p>A flight of an idempotent target is written when the task commits, before the offset of its
 * call is: a crash before that reads the call again, and the answers, which are written at once,
 * say whether it ended. Most flights are much shorter than a commit interval, so most are never
 * written. What needs a claim is written at once, because what was granted must be known whatever
 * is read again. Unlike the record cache, this writes no tombstone for what was never written.
 *
 * <p>The hook before the commit is that of Kafka Streams' own caching stores, {@link
 * WrappedStateStore#flushCache}.
 */
final class FlightStore extends WrappedStateStore<KeyValueStore<String, Flight>, String, Flight>
    implements KeyValueStore<String, Flight> {
  private final Map<String, Flight> unwritten = new LinkedHashMap<>();
  private final Set<String> written = new HashSet<>();
  private @Nullable InternalProcessorContext<?, ?> context;

  private FlightStore(KeyValueStore<String, Flight> inner) {
    super(inner);
  }

  /** A builder of such stores over those of another builder. */
  static StoreBuilder<KeyValueStore<String, Flight>> builder(
      StoreBuilder<KeyValueStore<String, Flight>> inner) {
    return new Builder(inner);
  }

  @Override
  public void init(StateStoreContext stateStoreContext, StateStore root) {
    context = (InternalProcessorContext<?, ?>) stateStoreContext;
    super.init(stateStoreContext, root);
  }

  @Override
  public void put(String fingerprint, @Nullable Flight flight) {
    if (flight == null) {
      if (unwritten.remove(fingerprint) == null || written.contains(fingerprint)) {
        written.remove(fingerprint);
        wrapped().delete(fingerprint);
      }
    } else if (flight.getClaimRequired() || written.contains(fingerprint)) {
      unwritten.remove(fingerprint);
      write(fingerprint, flight);
    } else {
      unwritten.put(fingerprint, flight);
    }
  }

  private void write(String fingerprint, Flight flight) {
    written.add(fingerprint);
    wrapped().put(fingerprint, flight);
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
  public KeyValueIterator<String, Flight> all() {
    try (KeyValueIterator<String, Flight> kept = wrapped().all()) {
      kept.forEachRemaining(entry -> written.add(entry.key));
    }
    return wrapped().all();
  }

  @Override
  public @Nullable Flight get(String fingerprint) {
    Flight flight = unwritten.get(fingerprint);
    return flight != null ? flight : wrapped().get(fingerprint);
  }

  @Override
  public @Nullable Flight putIfAbsent(String fingerprint, Flight flight) {
    Flight present = get(fingerprint);
    if (present == null) {
      put(fingerprint, flight);
    }
    return present;
  }

  @Override
  public void putAll(List<KeyValue<String, Flight>> entries) {
    entries.forEach(entry -> put(entry.key, entry.value));
  }

  @Override
  public @Nullable Flight delete(String fingerprint) {
    Flight present = get(fingerprint);
    put(fingerprint, null);
    return present;
  }

  @Override
  public KeyValueIterator<String, Flight> range(String from, String to) {
    return wrapped().range(from, to);
  }

  @Override
  public long approximateNumEntries() {
    return wrapped().approximateNumEntries() + unwritten.size();
  }

  private record Builder(StoreBuilder<KeyValueStore<String, Flight>> inner)
      implements StoreBuilder<KeyValueStore<String, Flight>> {
    @Override
    public StoreBuilder<KeyValueStore<String, Flight>> withCachingEnabled() {
      return new Builder(inner.withCachingEnabled());
    }

    @Override
    public StoreBuilder<KeyValueStore<String, Flight>> withCachingDisabled() {
      return new Builder(inner.withCachingDisabled());
    }

    @Override
    public StoreBuilder<KeyValueStore<String, Flight>> withLoggingEnabled(
        Map<String, String> config) {
      return new Builder(inner.withLoggingEnabled(config));
    }

    @Override
    public StoreBuilder<KeyValueStore<String, Flight>> withLoggingDisabled() {
      return new Builder(inner.withLoggingDisabled());
    }

    @Override
    public KeyValueStore<String, Flight> build() {
      return new FlightStore(inner.build());
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
