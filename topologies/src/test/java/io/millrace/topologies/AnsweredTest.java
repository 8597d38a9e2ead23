package io.millrace.topologies;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.schemas.identity.Ids;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.SplittableRandom;
import java.util.function.Consumer;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.apache.kafka.streams.StreamsConfig;
import org.apache.kafka.streams.Topology;
import org.apache.kafka.streams.TopologyTestDriver;
import org.apache.kafka.streams.processor.api.ContextualProcessor;
import org.apache.kafka.streams.processor.api.Record;
import org.apache.kafka.streams.state.WindowStore;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is remembered of operations is found, whatever the order of their ids and restarts. */
class AnsweredTest {
  private static final String STORE = "test-answers";
  private static final Duration WINDOW = Duration.ofMinutes(15);
  private static final long NOW = Instant.parse("2026-05-01T12:00:00Z").toEpochMilli();

  private final SplittableRandom random = new SplittableRandom(7);

  @TempDir Path stateDir;
  private TopologyTestDriver driver;
  private Consumer<WindowStore<String, byte[]>> work = store -> {};

  @BeforeEach
  void start() {
    driver = driver();
  }

  @AfterEach
  void stop() {
    driver.close();
  }

  private TopologyTestDriver driver() {
    Topology topology = new Topology();
    topology.addSource("in", new StringDeserializer(), new StringDeserializer(), "in");
    topology.addProcessor("work", Worker::new, "in");
    topology.addStateStore(Stores.marks(STORE, WINDOW.multipliedBy(2)), "work");
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

  /** Opens the store as a processor does when its task begins, and works with it. */
  private void opened(Consumer<Answered<byte[]>> with) {
    work = store -> with.accept(new Answered<>(store, WINDOW, NOW));
    driver.createInputTopic("in", new StringSerializer(), new StringSerializer()).pipeInput("", "");
  }

  private void restart() {
    KeptState.close(driver, properties());
    driver = driver();
  }

  private String madeAt(long millis) {
    return Ids.v7(millis, random);
  }

  @Test
  void anIdIsFoundAfterARestartAndYoungerOnesAreNew() {
    String answered = madeAt(NOW - 1_000);
    opened(answers -> answers.put(answered, NOW, new byte[] {1}));
    restart();
    opened(
        answers -> {
          assertThat(answers.get(answered, NOW)).containsExactly(1);
          assertThat(answers.get(madeAt(NOW - 1_000), NOW)).isNull();
          assertThat(answers.get(madeAt(NOW), NOW)).isNull();
        });
  }

  @Test
  void anIdFromTheFutureIsFoundAfterTheClockWasSetBackByHours() {
    String answered = madeAt(NOW + Duration.ofHours(5).toMillis());
    opened(answers -> answers.put(answered, NOW, new byte[] {1}));
    restart();
    opened(answers -> assertThat(answers.get(answered, NOW)).containsExactly(1));
  }

  @Test
  void idsWithoutATimeDoNotHideTheLatestOne() {
    String answered = madeAt(NOW - 1_000);
    List<String> untimed = new ArrayList<>(List.of("0", "01", "zz", "019", answered + "0"));
    for (int i = 0; i < 100; i++) {
      untimed.add(Ids.derived(Integer.toString(i)));
    }
    opened(
        answers -> {
          answers.put(answered, NOW, new byte[] {1});
          untimed.forEach(id -> answers.put(id, NOW, new byte[] {2}));
        });
    restart();
    opened(
        answers -> {
          assertThat(answers.get(answered, NOW)).containsExactly(1);
          untimed.forEach(id -> assertThat(answers.get(id, NOW)).as(id).containsExactly(2));
        });
  }

  @Test
  void whatIsPutInAnyOrderIsFoundAndNothingElse() {
    Map<String, byte[]> put = new HashMap<>();
    for (int round = 0; round < 5; round++) {
      opened(
          answers -> {
            for (int i = 0; i < 200; i++) {
              String whole = madeAt(NOW - random.nextLong(WINDOW.toMillis()));
              String id = random.nextBoolean() ? whole : Ids.part(whole, "call");
              if (random.nextInt(3) > 0) {
                byte[] value = {(byte) random.nextInt()};
                answers.put(id, NOW, value);
                put.put(id, value);
              } else {
                assertThat(answers.get(id, NOW)).isNull();
              }
            }
            put.forEach((id, value) -> assertThat(answers.get(id, NOW)).isEqualTo(value));
          });
      restart();
    }
  }
}
