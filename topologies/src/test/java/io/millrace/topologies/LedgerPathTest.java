package io.millrace.topologies;

import static org.assertj.core.api.Assertions.assertThat;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.millrace.events.Failure;
import io.millrace.events.InferenceResult;
import io.millrace.events.Outcome;
import io.millrace.events.Rejection;
import io.millrace.events.ServedBy;
import io.millrace.events.TargetSpec;
import io.millrace.events.ToolResult;
import io.millrace.events.Usage;
import io.millrace.events.UsageWindow;
import io.millrace.schemas.fixtures.FakeRegistry;
import io.millrace.schemas.identity.Ids;
import io.millrace.schemas.serde.EventDeserializer;
import io.millrace.schemas.serde.EventSerializer;
import io.millrace.schemas.serde.KnownSchemas;
import io.millrace.schemas.topics.InferenceTopics;
import io.millrace.schemas.topics.Topic;
import io.millrace.schemas.topics.Topics;
import io.millrace.topologies.dispatch.RequestMetrics;
import io.millrace.topologies.ledger.LedgerTopology;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.Random;
import org.apache.avro.specific.SpecificRecord;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.apache.kafka.streams.StreamsConfig;
import org.apache.kafka.streams.TopologyTestDriver;
import org.apache.kafka.streams.test.TestRecord;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LedgerPathTest {
  private static final Instant NOW = Instant.parse("2026-01-01T12:30:00Z");

  @TempDir Path folder;
  private final Random random = new Random(5);
  private FakeRegistry registry;
  private Map<String, Object> serdes = Map.of();
  private TopologyTestDriver driver;

  @BeforeEach
  void start() throws IOException {
    registry = FakeRegistry.start();
    serdes = registry.settings();
    driver = driver(1);
    in(
        Topics.TARGETS,
        "tool:search",
        TargetSpec.newBuilder().setTarget("tool:search").setCostMicros(7).build());
  }

  private TopologyTestDriver driver(int partitions) {
    Properties properties = new Properties();
    properties.put(StreamsConfig.APPLICATION_ID_CONFIG, "ledger");
    properties.put(
        StreamsConfig.STATE_DIR_CONFIG, folder.resolve(Integer.toString(partitions)).toString());
    properties.put(StreamsConfig.ROCKSDB_CONFIG_SETTER_CLASS_CONFIG, SharedRocksMemory.class);
    properties.put(SharedRocksMemory.BLOCK_CACHE_BYTES, 8L << 20);
    properties.put(SharedRocksMemory.WRITE_BUFFER_BYTES, 8L << 20);
    return new TopologyTestDriver(
        LedgerTopology.of(
            serdes,
            new KnownSchemas(),
            new Written(serdes),
            partitions,
            new RequestMetrics(new SimpleMeterRegistry())),
        properties,
        NOW);
  }

  @AfterEach
  void stop() {
    driver.close();
    registry.close();
  }

  private <T extends SpecificRecord> void in(Topic<T> topic, String key, T value) {
    driver
        .createInputTopic(
            topic.name(),
            new StringSerializer(),
            EventSerializer.forValues(serdes),
            NOW,
            Duration.ZERO)
        .pipeInput(key, value);
  }

  private <T extends SpecificRecord> List<TestRecord<String, T>> out(Topic<T> topic) {
    return driver
        .createOutputTopic(
            topic.name(),
            new StringDeserializer(),
            EventDeserializer.forValues(topic.record(), serdes))
        .readRecordsToList();
  }

  private String id() {
    return Ids.v7(NOW.toEpochMilli(), random);
  }

  private static ToolResult.Builder result(String id) {
    return ToolResult.newBuilder()
        .setId(Ids.derived(id, "result"))
        .setOperationId(id)
        .setTenant("acme")
        .setTarget("tool:search")
        .setOccurredAt(NOW)
        .setOutcome(Outcome.OK)
        .setServedBy(ServedBy.WORKER)
        .setAttempts(1)
        .setRunMs(5)
        .setOutput("{}");
  }

  private void answer(ToolResult result) {
    in(Topics.TOOL_RESULTS, result.getOperationId(), result);
  }

  @Test
  void whatIsAnsweredTwiceIsCountedOnce() {
    String id = id();
    answer(result(id).build());
    answer(result(id).setReplyPartition(3).build());
    answer(result(id()).build());

    List<TestRecord<String, Usage>> usage = out(Topics.USAGE);
    assertThat(usage).hasSize(2);
    assertThat(usage).allSatisfy(record -> assertThat(record.key()).isEqualTo("acme"));
    assertThat(usage.get(0).value().getOperationId()).isEqualTo(id);
    assertThat(usage.get(0).value().getCostMicros()).isEqualTo(7);
  }

  @Test
  void whatIsNotAtHomeGoesThereFirst() throws IOException {
    driver.close();
    driver = driver(64);
    String id = id();
    answer(result(id).build());

    // The driver brings what is routed back by itself.
    List<TestRecord<String, Usage>> routed = out(Topics.USAGE_ROUTED);
    assertThat(routed).hasSize(1);
    assertThat(routed.get(0).key()).isEqualTo(id);
    assertThat(out(Topics.USAGE)).hasSize(1);
    in(Topics.USAGE_ROUTED, id, routed.get(0).value());
    assertThat(out(Topics.USAGE)).isEmpty();
  }

  @Test
  void modelsAreCountedByTheLastChunkOfTheirAnswer() {
    InferenceResult.Builder chunk =
        InferenceResult.newBuilder()
            .setOperationId(id())
            .setTarget("model:m@1")
            .setOccurredAt(NOW)
            .setOutcome(Outcome.OK)
            .setServedBy(ServedBy.WORKER)
            .setComputeMs(3);
    in(InferenceTopics.RESULTS, "", chunk.setLast(false).build());
    assertThat(out(Topics.USAGE)).isEmpty();
    in(InferenceTopics.RESULTS, "", chunk.setLast(true).build());

    assertThat(out(Topics.USAGE).get(0).value().getComputeMs()).isEqualTo(3);
  }

  @Test
  void windowsAreSaidOnceASecondAndAddUp() {
    for (int i = 0; i < 10; i++) {
      answer(result(id()).build());
    }
    assertThat(out(Topics.USAGE_WINDOWS)).isEmpty();
    driver.advanceWallClockTime(Duration.ofSeconds(1));

    List<UsageWindow> windows = out(Topics.USAGE_WINDOWS).stream().map(TestRecord::value).toList();
    assertThat(windows).hasSize(2);
    assertThat(windows)
        .allSatisfy(
            window -> {
              assertThat(window.getOperations()).isEqualTo(10);
              assertThat(window.getCostMicros()).isEqualTo(70);
              assertThat(window.getTenant()).isEqualTo("acme");
            });
    assertThat(windows)
        .extracting(window -> window.getWindowStartAt().toString())
        .containsExactlyInAnyOrder("2026-01-01T12:00:00Z", "2026-01-01T00:00:00Z");
  }

  @Test
  void anIdThatIsTooOldToBeToldIsRejectedAndItsEchoIsNothing() {
    String old = Ids.v7(NOW.minus(Duration.ofDays(2)).toEpochMilli(), random);
    answer(result(old).setServedBy(ServedBy.EXTERNAL).build());
    answer(
        result(old)
            .setOutcome(Outcome.REFUSED)
            .setServedBy(ServedBy.DISPATCH)
            .setFailure(new Failure("ID_TOO_OLD", "too old"))
            .build());

    List<TestRecord<String, Rejection>> rejections = out(Topics.REJECTIONS);
    assertThat(rejections).hasSize(1);
    assertThat(rejections.get(0).value().getReason()).isEqualTo("USAGE_OUT_OF_TIME");
    assertThat(out(Topics.USAGE)).isEmpty();
  }

  @Test
  void aTimeToComeClosesNoWindow() {
    answer(result(id()).setOccurredAt(NOW.plus(Duration.ofDays(3_650))).build());
    answer(result(id()).build());
    driver.advanceWallClockTime(Duration.ofSeconds(1));

    assertThat(out(Topics.USAGE)).hasSize(2);
    assertThat(out(Topics.USAGE_WINDOWS))
        .hasSize(2)
        .allSatisfy(record -> assertThat(record.value().getOperations()).isEqualTo(2));
  }

  @Test
  void whatCannotBeReadIsRejected() {
    driver
        .createInputTopic(
            Topics.TOOL_RESULTS.name(), new StringSerializer(), new ByteArraySerializer())
        .pipeInput("k", "no Avro".getBytes(StandardCharsets.UTF_8));
    answer(result(id()).build());

    assertThat(out(Topics.REJECTIONS)).hasSize(1);
    assertThat(out(Topics.USAGE)).hasSize(1);
  }
}
