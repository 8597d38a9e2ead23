package io.millrace.topologies;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.millrace.events.Attempt;
import io.millrace.events.AttemptPhase;
import io.millrace.events.InferenceRequest;
import io.millrace.events.OperationKind;
import io.millrace.events.Outcome;
import io.millrace.events.PoolLoad;
import io.millrace.events.TargetKind;
import io.millrace.events.TargetSpec;
import io.millrace.events.Task;
import io.millrace.events.ToolCall;
import io.millrace.events.WorkerStatus;
import io.millrace.schemas.fixtures.FakeRegistry;
import io.millrace.schemas.identity.Fingerprint;
import io.millrace.schemas.identity.Ids;
import io.millrace.schemas.serde.EventDeserializer;
import io.millrace.schemas.serde.EventSerializer;
import io.millrace.schemas.topics.InferenceTopics;
import io.millrace.schemas.topics.Topic;
import io.millrace.schemas.topics.Topics;
import io.millrace.topologies.dispatch.RequestMetrics;
import io.millrace.topologies.dispatch.logic.DispatchPolicy;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.reflect.Field;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.Random;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.avro.specific.SpecificRecord;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.apache.kafka.common.utils.Utils;
import org.apache.kafka.streams.StreamsConfig;
import org.apache.kafka.streams.TestInputTopic;
import org.apache.kafka.streams.TestOutputTopic;
import org.apache.kafka.streams.TopologyTestDriver;
import org.apache.kafka.streams.state.KeyValueStore;
import org.apache.kafka.streams.test.TestRecord;
import org.jspecify.annotations.Nullable;

/** Drives the whole operations topology, one partition, in virtual time, playing the worker. */
final class OperationsDriver implements AutoCloseable {
  private static final Instant START = Instant.parse("2026-01-01T00:00:00Z");

  final FakeRegistry registry;
  final Random random = new Random(7);
  private final Map<String, Object> serdes;
  private final Path stateDir;
  private final int partitions;
  private TopologyTestDriver driver;
  private Operations operations;
  private Instant now = START;

  @SuppressWarnings("NullAway.Init") // driver() sets the operations
  OperationsDriver() throws IOException {
    this(1);
  }

  /**
   * @param partitions of the topics, of which it drives the first
   */
  @SuppressWarnings("NullAway.Init") // driver() sets the operations
  OperationsDriver(int partitions) throws IOException {
    this.partitions = partitions;
    registry = FakeRegistry.start();
    serdes = registry.settings();
    stateDir = Files.createTempDirectory("operations");
    driver = driver();
  }

  private TopologyTestDriver driver() {
    operations =
        new Operations(
            serdes,
            partitions,
            DispatchPolicy.defaults(),
            new RequestMetrics(new SimpleMeterRegistry()),
            0,
            () -> now);
    return new TopologyTestDriver(operations.topology(), properties(), now);
  }

  private Properties properties() {
    Properties properties = new Properties();
    properties.put(StreamsConfig.APPLICATION_ID_CONFIG, "operations");
    properties.put(StreamsConfig.STATE_DIR_CONFIG, stateDir.toString());
    properties.put(StreamsConfig.MAX_TASK_IDLE_MS_CONFIG, StreamsConfig.MAX_TASK_IDLE_MS_DISABLED);
    properties.put(StreamsConfig.ROCKSDB_CONFIG_SETTER_CLASS_CONFIG, SharedRocksMemory.class);
    properties.put(SharedRocksMemory.BLOCK_CACHE_BYTES, 8L << 20);
    properties.put(SharedRocksMemory.WRITE_BUFFER_BYTES, 8L << 20);
    return properties;
  }

  /** Starts the application again on the state that it left; its outputs must have been read. */
  void restart() {
    KeptState.close(driver, properties());
    driver = driver();
  }

  /** Lets time pass in which nothing runs; {@link #restart} comes next. */
  void away(Duration time) {
    now = now.plus(time);
  }

  /** What logic has learnt, by key. */
  KeyValueStore<String, byte[]> memory(String store) {
    return driver.getKeyValueStore(store);
  }

  Operations operations() {
    return operations;
  }

  /** Brings what was written to a topic that the application reads itself back to it. */
  <T extends SpecificRecord> List<T> loop(Topic<T> topic) {
    List<TestRecord<String, T>> written = out(topic).readRecordsToList();
    written.forEach(record -> in(topic).pipeInput(record.key(), record.value()));
    return written.stream().map(TestRecord::value).toList();
  }

  Instant now() {
    return now;
  }

  /** The clock jumps, either way; the test driver itself lets no clock go back. */
  void jump(Duration by) throws ReflectiveOperationException {
    Field clock = TopologyTestDriver.class.getDeclaredField("mockWallClockTime");
    clock.setAccessible(true);
    Field millis = clock.get(driver).getClass().getDeclaredField("timeMs");
    millis.setAccessible(true);
    ((AtomicLong) millis.get(clock.get(driver))).addAndGet(by.toMillis());
    now = now.plus(by);
  }

  void advance(Duration time) {
    Duration left = time;
    while (!left.isZero()) {
      Duration step = left.compareTo(Duration.ofMillis(10)) < 0 ? left : Duration.ofMillis(10);
      now = now.plus(step);
      driver.advanceWallClockTime(step);
      left = left.minus(step);
    }
  }

  <T extends SpecificRecord> TestInputTopic<String, T> in(Topic<T> topic) {
    return driver.createInputTopic(
        topic.name(),
        new StringSerializer(),
        EventSerializer.forValues(serdes),
        now,
        Duration.ZERO);
  }

  TestInputTopic<String, byte[]> bytesIn(Topic<?> topic) {
    return driver.createInputTopic(
        topic.name(), new StringSerializer(), new ByteArraySerializer(), now, Duration.ZERO);
  }

  <T extends SpecificRecord> TestOutputTopic<String, T> out(Topic<T> topic) {
    return driver.createOutputTopic(
        topic.name(),
        new StringDeserializer(),
        EventDeserializer.forValues(topic.record(), serdes));
  }

  <T extends SpecificRecord> List<T> drain(Topic<T> topic) {
    return out(topic).readValuesToList();
  }

  void register(TargetSpec spec) {
    in(Topics.TARGETS).pipeInput("pool:default", pool());
    in(Topics.TARGETS).pipeInput(spec.getTarget(), spec);
  }

  private static TargetSpec pool() {
    return TargetSpec.newBuilder().setTarget("pool:default").setName("default").build();
  }

  static TargetSpec.Builder tool(String name) {
    return TargetSpec.newBuilder()
        .setTarget("tool:" + name)
        .setKind(TargetKind.TOOL)
        .setName(name)
        .setBuiltin("echo");
  }

  String id() {
    return Ids.v7(now.toEpochMilli(), random);
  }

  ToolCall call(String tool, String arguments) {
    return ToolCall.newBuilder().setId(id()).setTarget(tool).setArguments(arguments).build();
  }

  void send(ToolCall call) {
    in(Topics.TOOL_CALLS).pipeInput(Fingerprint.ofOperation(call.getId()), call);
  }

  void send(InferenceRequest request) {
    in(InferenceTopics.REQUESTS).pipeInput(Fingerprint.ofOperation(request.getId()), request);
  }

  /** A worker for models says how it is. */
  void worker(List<PoolLoad> pools, List<String> ready) {
    in(Topics.WORKERS)
        .pipeInput(
            "w1",
            WorkerStatus.newBuilder()
                .setId(id())
                .setWorkerId("w1")
                .setKind(OperationKind.INFERENCE)
                .setPools(pools)
                .setTargets(ready)
                .build());
  }

  Attempt.Builder attempt(Task task, AttemptPhase phase) {
    return Attempt.newBuilder()
        .setId(id())
        .setPhase(phase)
        .setOperationId(task.getOperationId())
        .setTaskId(task.getId())
        .setFingerprint(task.getFingerprint())
        .setAttempt(task.getAttempt())
        .setSequence(task.getSequence())
        .setTarget(task.getTarget())
        .setTargetVersion(task.getTargetVersion())
        .setPool("default")
        .setWorkerId("w1");
  }

  void done(Task task, Outcome outcome, @Nullable String output) {
    say(attempt(task, AttemptPhase.DONE).setOutcome(outcome).setOutput(output).setRunMs(5).build());
  }

  void say(Attempt attempt) {
    in(Topics.TOOL_ATTEMPTS).pipeInput(attempt.getFingerprint(), attempt);
  }

  Topic<Task> tasks() {
    return Topics.toolTasks("default");
  }

  @Override
  public void close() {
    driver.close();
    registry.close();
    try {
      Utils.delete(stateDir.toFile());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
