package io.millrace.topologies;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.entry;

import io.millrace.schemas.fixtures.FakeRegistry;
import io.millrace.schemas.serde.EventDeserializer;
import io.millrace.state.Flight;
import io.millrace.state.Request;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.function.Consumer;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.apache.kafka.streams.KeyValue;
import org.apache.kafka.streams.StreamsConfig;
import org.apache.kafka.streams.Topology;
import org.apache.kafka.streams.TopologyTestDriver;
import org.apache.kafka.streams.processor.api.ContextualProcessor;
import org.apache.kafka.streams.processor.api.Record;
import org.apache.kafka.streams.state.KeyValueIterator;
import org.apache.kafka.streams.state.KeyValueStore;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the store leaves of flights in its changelog; the test driver commits after each record. */
class HeldBackStoreTest {
  private static final String STORE = "flights";
  private static final String CHANGELOG = "test-flights-changelog";

  @TempDir Path stateDir;
  private FakeRegistry registry;
  private Written written;
  private TopologyTestDriver driver;
  private Consumer<KeyValueStore<String, Flight>> work = store -> {};

  @BeforeEach
  void start() throws IOException {
    registry = FakeRegistry.start();
    driver = driver();
  }

  @AfterEach
  void stop() {
    driver.close();
    registry.close();
  }

  private TopologyTestDriver driver() {
    written = new Written(registry.settings());
    Topology topology = new Topology();
    topology.addSource("in", new StringDeserializer(), new StringDeserializer(), "in");
    topology.addProcessor("work", Worker::new, "in");
    topology.addStateStore(
        HeldBackStore.builder(
            Stores.keyValue(STORE, written.kept(Flight.class)), Flight::getClaimRequired),
        "work");
    return new TopologyTestDriver(topology, properties());
  }

  private Properties properties() {
    Properties properties = new Properties();
    properties.put(StreamsConfig.APPLICATION_ID_CONFIG, "test");
    properties.put(StreamsConfig.STATE_DIR_CONFIG, stateDir.toString());
    properties.put(StreamsConfig.ROCKSDB_CONFIG_SETTER_CLASS_CONFIG, SharedRocksMemory.class);
    properties.put("millrace.rocksdb.block.cache.bytes", 8L << 20);
    properties.put("millrace.rocksdb.write.buffer.bytes", 8L << 20);
    return properties;
  }

  private final class Worker extends ContextualProcessor<String, String, Void, Void> {
    @Override
    public void process(Record<String, String> record) {
      work.accept(context().getStateStore(STORE));
    }
  }

  /** Does all of it between two commits. */
  private void inOneCommit(Consumer<KeyValueStore<String, Flight>> all) {
    work = all;
    driver.createInputTopic("in", new StringSerializer(), new StringSerializer()).pipeInput("", "");
  }

  /** What went to the changelog since it was asked last: fingerprint and attempt, -1 if deleted. */
  private List<Map.Entry<String, Integer>> changelog() {
    List<Map.Entry<String, Integer>> records = new ArrayList<>();
    if (driver.producedTopicNames().contains(CHANGELOG)) {
      driver
          .createOutputTopic(
              CHANGELOG,
              new StringDeserializer(),
              EventDeserializer.forValues(Flight.class, registry.settings()))
          .readRecordsToList()
          .forEach(record -> records.add(entry(record.key(), attempt(record.value()))));
    }
    return records;
  }

  private static int attempt(@Nullable Flight flight) {
    return flight == null ? -1 : flight.getAttempt();
  }

  private static Flight idempotent(int attempt) {
    return Flight.newBuilder()
        .setRequest(Request.newBuilder().setOperationId("o").build())
        .setAttempt(attempt)
        .setClaimRequired(false)
        .build();
  }

  private static Flight claimed(int attempt) {
    return Flight.newBuilder(idempotent(attempt)).setClaimRequired(true).build();
  }

  @Test
  void anIdempotentFlightThatBeginsAndEndsBeforeACommitLeavesNoRecord() {
    inOneCommit(
        store -> {
          store.put("a", idempotent(0));
          store.put("a", idempotent(1));
          store.delete("a");
        });
    inOneCommit(store -> assertThat(store.get("a")).isNull());
    assertThat(changelog()).isEmpty();
  }

  @Test
  void anIdempotentFlightThatIsAliveAtACommitLeavesOneRecordAndItsEndATombstone() {
    inOneCommit(
        store -> {
          store.put("a", idempotent(0));
          store.put("a", idempotent(1));
          store.put("gone", idempotent(1));
          store.put("b", idempotent(1));
          store.delete("gone");
          assertThat(attempt(store.get("a"))).isEqualTo(1);
        });
    assertThat(changelog()).containsExactly(entry("a", 1), entry("b", 1));
    inOneCommit(store -> {});
    assertThat(changelog()).isEmpty();
    inOneCommit(store -> store.delete("a"));
    assertThat(changelog()).containsExactly(entry("a", -1));
  }

  @Test
  void whatWasWrittenOnceIsKeptUpToDateUntilItEnds() {
    inOneCommit(store -> store.put("a", idempotent(1)));
    inOneCommit(
        store -> {
          store.put("a", idempotent(2));
          store.delete("a");
          store.put("a", idempotent(3));
          store.delete("a");
        });
    assertThat(changelog()).containsExactly(entry("a", 1), entry("a", 2), entry("a", -1));
  }

  @Test
  void aFlightThatNeedsAClaimIsWrittenAtEachStep() {
    inOneCommit(
        store -> {
          store.put("a", claimed(1));
          store.put("a", claimed(2));
          store.delete("a");
        });
    assertThat(changelog()).containsExactly(entry("a", 1), entry("a", 2), entry("a", -1));
  }

  @Test
  void aFlightThatComesToNeedAClaimIsWrittenThenAndNotAgainAtTheCommit() {
    inOneCommit(
        store -> {
          store.put("a", idempotent(1));
          store.put("a", claimed(2));
        });
    assertThat(changelog()).containsExactly(entry("a", 2));
  }

  @Test
  void aCommitNeedsNoRegistryOnceTheSchemasWereAskedFor() {
    written.prepare();
    registry.answerWith(500);
    inOneCommit(store -> store.put("a", idempotent(1)));
    registry.answerWith(200);
    assertThat(changelog()).containsExactly(entry("a", 1));
  }

  @Test
  void aRestartGivesBackWhatWasAliveAndItsEndIsWritten() {
    inOneCommit(
        store -> {
          store.put("held back", idempotent(1));
          store.put("ended", idempotent(1));
          store.put("claimed", claimed(4));
          store.delete("ended");
        });
    KeptState.close(driver, properties());
    driver = driver();
    List<Map.Entry<String, Integer>> restored = new ArrayList<>();
    inOneCommit(
        store -> {
          try (KeyValueIterator<String, Flight> all = store.all()) {
            while (all.hasNext()) {
              KeyValue<String, Flight> next = all.next();
              restored.add(entry(next.key, next.value.getAttempt()));
            }
          }
        });
    assertThat(restored).containsExactlyInAnyOrder(entry("held back", 1), entry("claimed", 4));
    assertThat(changelog()).isEmpty();
    inOneCommit(store -> store.delete("held back"));
    assertThat(changelog()).containsExactly(entry("held back", -1));
  }
}
