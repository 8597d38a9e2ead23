package io.millrace.platform.embedded;

import static io.millrace.platform.embedded.WireClient.newCall;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import io.millrace.events.Outcome;
import io.millrace.events.PlannedCall;
import io.millrace.events.Rejection;
import io.millrace.events.ScalingPolicy;
import io.millrace.events.ServedBy;
import io.millrace.events.TargetKind;
import io.millrace.events.TargetSpec;
import io.millrace.events.ToolCached;
import io.millrace.events.ToolCall;
import io.millrace.events.ToolPlan;
import io.millrace.events.ToolPlanResult;
import io.millrace.events.ToolResult;
import io.millrace.platform.data.DataDirectoryException;
import io.millrace.platform.provision.DeclaredTargets;
import io.millrace.platform.provision.Provisioner;
import io.millrace.schemas.identity.Fingerprint;
import io.millrace.schemas.serde.SerdeConfig;
import io.millrace.schemas.topics.InferenceTopics;
import io.millrace.schemas.topics.MeshTopics;
import io.millrace.schemas.topics.PipelineTopics;
import io.millrace.schemas.topics.Topic;
import io.millrace.schemas.topics.Topics;
import io.millrace.schemas.topics.TrainingTopics;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.errors.RecordTooLargeException;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The whole platform, seen through Kafka clients that know nothing but topics and schemas. */
@Timeout(180)
class PlatformEndToEndTest {
  private static final byte[] GARBAGE = "no Avro".getBytes(StandardCharsets.UTF_8);

  private static final PrometheusMeterRegistry METERS =
      new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);

  private static EmbeddedPlatform platform;
  private static WireClient client;

  @TempDir Path folder;

  @BeforeAll
  static void start(@TempDir Path shared) {
    platform = start(shared, METERS);
    client = new WireClient(platform.endpoints());
    register(client);
  }

  @AfterAll
  static void stop() throws InterruptedException {
    client.close();
    platform.close();
  }

  @Test
  void aCallOfThreeFieldsIsAnswered() {
    ToolResult result = client.ask(newCall("echo", "{\"city\": \"Oslo\"}"));

    assertThat(result.getOutcome()).isEqualTo(Outcome.OK);
    assertThat(result.getOutput()).isEqualTo("{\"city\":\"Oslo\"}");
    assertThat(result.getServedBy()).isEqualTo(ServedBy.WORKER);
    assertThat(result.getTarget()).isEqualTo("tool:echo");
    assertThat(result.getAttempts()).isEqualTo(1);
  }

  @Test
  void aNonIdempotentCallIsRunUnderAClaim() {
    ToolResult result = client.ask(newCall("echo-once", "{\"n\": 1}"));

    assertThat(result.getOutcome()).isEqualTo(Outcome.OK);
    assertThat(result.getOutput()).isEqualTo("{\"n\":1}");
  }

  @Test
  void aPlanPassesOutputsOnWithTheirTypes() {
    ToolPlanResult result =
        client.ask(
            plan(
                planned("weather", "echo", "{\"temp_c\": 21.5}"),
                planned(
                    "advice",
                    "echo",
                    "{\"t\": \"${weather.temp_c}\", \"text\": \"it is ${weather.temp_c} degrees\"}")));

    assertThat(result.getOutcome()).isEqualTo(Outcome.OK);
    assertThat(result.getCalls()).extracting(c -> c.getName()).containsExactly("weather", "advice");
    assertThat(result.getCalls().get(1).getOutput())
        .isEqualTo("{\"t\":21.5,\"text\":\"it is 21.5 degrees\"}");
  }

  @Test
  void aPlanWithACycleIsRefusedWithAReason() {
    ToolPlanResult result =
        client.ask(
            plan(
                planned("a", "echo", "{\"x\": \"${b}\"}"),
                planned("b", "echo", "{\"x\": \"${a}\"}")));

    assertThat(result.getOutcome()).isEqualTo(Outcome.REFUSED);
    assertThat(result.getFailure().getMessage()).contains("a", "b");
  }

  @Test
  void plansThatNoAnswerCouldBeMadeOfAreRejectedAndWorkGoesOn() {
    ToolPlan first = plan(planned("a", "echo", "{}"));
    assertThat(client.ask(first).getOutcome()).isEqualTo(Outcome.OK);
    String huge = "x".repeat(3 << 20);
    ToolPlan astray =
        ToolPlan.newBuilder(plan(planned("b", "echo", "{}")))
            .setId(first.getId())
            .setReplyPartition(WireClient.PARTITIONS)
            .build();
    List<ToolPlan> bad =
        List.of(
            astray,
            ToolPlan.newBuilder(first).setId(huge).build(),
            ToolPlan.newBuilder(first).setId(WireClient.newId()).setTenant(huge).build(),
            ToolPlan.newBuilder(first).setId(WireClient.newId()).setCorrelationId(huge).build(),
            plan(planned(huge, "echo", "{}")),
            plan(planned("a", "echo", argument((4 << 20) - 500))));

    for (ToolPlan plan : bad) {
      RecordMetadata at = client.write(Topics.TOOL_PLANS, "one partition", plan);

      assertThat(client.rejection(at).getReason()).isNotEmpty();
    }
    ToolPlan good = plan(planned("a", "echo", "{}"));
    client.write(Topics.TOOL_PLANS, "one partition", good);
    assertThat(client.planResult(good.getId()).getOutcome()).isEqualTo(Outcome.OK);
  }

  @Test
  void theSecondEqualCallOfACacheableToolIsServedFromTheCache() {
    String arguments = "{\"a\": 1, \"unique\": \"%s\"}".formatted(WireClient.newId());
    String reordered = arguments.replaceFirst("\"a\": 1, (.*)}", "$1, \"a\": 1.0}");

    ToolResult first = client.ask(newCall("echo-cached", arguments));
    ToolResult second = client.ask(newCall("echo-cached", reordered));
    ToolResult ofAnotherTenant = client.ask(newCall("echo-cached", arguments).setTenant("other"));

    assertThat(first.getServedBy()).isEqualTo(ServedBy.WORKER);
    assertThat(second.getServedBy()).isEqualTo(ServedBy.CACHE);
    assertThat(second.getOutput()).isEqualTo(first.getOutput());
    assertThat(ofAnotherTenant.getServedBy()).isEqualTo(ServedBy.WORKER);
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 2, 3})
  void aCallIsAnsweredWhicheverPartitionItsClientChose(int partition) {
    ToolCall arbitrary = newCall("echo", "{\"keyed\": \"arbitrarily\"}").build();
    ToolCall fingerprinted = newCall("echo", "{\"keyed\": \"otherwise spread\"}").build();

    send(partition, "any", arbitrary);
    send(partition, Fingerprint.ofOperation(fingerprinted.getId()), fingerprinted);

    assertThat(client.result(arbitrary.getId()).record().getOutcome()).isEqualTo(Outcome.OK);
    assertThat(client.result(fingerprinted.getId()).record().getOutcome()).isEqualTo(Outcome.OK);
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 2, 3})
  void theAnswerComesOnTheReplyPartition(int partition) {
    ToolCall call = newCall("echo", "{}").setReplyPartition(partition).build();

    client.write(Topics.TOOL_CALLS, "any", call);

    assertThat(client.result(call.getId()).partition()).isEqualTo(partition);
  }

  @ParameterizedTest
  @ValueSource(ints = {-1, 4, Integer.MAX_VALUE})
  void aReplyPartitionThatDoesNotExistIsRefused(int partition) {
    ToolResult result = client.ask(newCall("echo", "{}").setReplyPartition(partition));

    assertRefused(result, "REPLY_PARTITION_INVALID", String.valueOf(partition));
  }

  @Test
  void anUnknownToolIsRefused() {
    ToolResult result = client.ask(newCall("no-such-tool", "{}"));

    assertRefused(result, "TARGET_UNKNOWN", "tool:no-such-tool");
  }

  @Test
  void argumentsThatDoNotFitTheSchemaAreRefusedAndRejected() {
    ToolCall call = newCall("echo-strict", "{\"city\": 7}").build();

    RecordMetadata at = client.write(Topics.TOOL_CALLS, "any", call);

    assertRefused(client.result(call.getId()).record(), "ARGUMENTS_INVALID", "city");
    Rejection rejection = client.rejection(at);
    assertThat(rejection.getOperationId()).isEqualTo(call.getId());
    assertThat(rejection.getReason()).isEqualTo("ARGUMENTS_INVALID");
  }

  @Test
  void aCallWhoseDeadlineHasPassedIsNotRun() {
    ToolResult result =
        client.ask(newCall("echo", "{}").setDeadlineAt(Instant.now().minusSeconds(5)));

    assertThat(result.getOutcome()).isEqualTo(Outcome.DEADLINE_EXCEEDED);
    assertThat(result.getAttempts()).isZero();
  }

  @Test
  void aCallThatTakesTooLongEndsAtItsDeadline() {
    ToolResult result =
        client.ask(
            newCall("sleep", "{\"ms\": 20000}").setDeadlineAt(Instant.now().plusMillis(500)));

    assertThat(result.getOutcome()).isEqualTo(Outcome.DEADLINE_EXCEEDED);
  }

  @Test
  void anArgumentAboveTheBrokersLimitIsRefusedToItsProducer() {
    ToolCall call = newCall("echo", argument(20 << 20)).build();

    assertThatThrownBy(() -> client.write(Topics.TOOL_CALLS, "any", call))
        .isInstanceOf(RecordTooLargeException.class);
  }

  @Test
  void anArgumentAboveTheGuardsLimitIsRefusedAndKept() {
    ToolCall call = newCall("echo", argument(2 << 20)).build();

    RecordMetadata at = client.write(Topics.TOOL_CALLS, "any", call);

    assertRefused(client.result(call.getId()).record(), "ARGUMENTS_TOO_LARGE", "1048576");
    assertThat(client.rejection(at).getValueBytes().remaining()).isGreaterThan(2 << 20);
  }

  @Test
  void anOperationIdGivesItsFirstAnswerAgainAndRefusesOtherContent() {
    ToolCall call = newCall("echo", "{\"n\": 1}").build();
    ToolResult first = client.ask(ToolCall.newBuilder(call));

    client.write(Topics.TOOL_CALLS, "any", call);
    await().atMost(Duration.ofSeconds(30)).until(() -> client.results(call.getId()).size() == 2);
    client.write(
        Topics.TOOL_CALLS, "any", ToolCall.newBuilder(call).setArguments("{\"n\": 2}").build());
    await().atMost(Duration.ofSeconds(30)).until(() -> client.results(call.getId()).size() == 3);

    List<WireClient.Answer<ToolResult>> answers = client.results(call.getId());
    assertThat(answers.get(1).record().getOutput()).isEqualTo(first.getOutput());
    assertRefused(answers.get(2).record(), "OPERATION_ID_REUSED", call.getId());
  }

  static Stream<String> sources() {
    return Stream.<Topic<?>>of(
            Topics.TOOL_CALLS,
            Topics.TOOL_CALLS_ROUTED,
            Topics.TOOL_ATTEMPTS,
            Topics.TOOL_CANCELS,
            Topics.TOOL_CONTROLS,
            Topics.TOOL_RESULTS,
            Topics.TOOL_PLANS,
            Topics.TOOL_PLAN_CANCELS,
            Topics.TOOL_CACHED,
            Topics.TOOL_STEPS,
            Topics.HEALTH_SUMMARIES,
            Topics.SCALING_DECISIONS,
            InferenceTopics.REQUESTS,
            InferenceTopics.REQUESTS_ROUTED,
            InferenceTopics.ATTEMPTS,
            InferenceTopics.CANCELS,
            InferenceTopics.CACHED,
            InferenceTopics.RESULTS,
            MeshTopics.RECEIPTS,
            TrainingTopics.STEPS,
            PipelineTopics.RUNS,
            Topics.toolTasks("default"))
        .map(Topic::name);
  }

  @ParameterizedTest
  @MethodSource("sources")
  void whatCannotBeReadIsRejectedWithItsBytesAndWorkGoesOn(String topic) {
    byte[] unknownSchema = {0, 0x7f, 0, 0, 1, 2, 3};
    byte[] otherType =
        client.bytes(Topics.TARGETS, TargetSpec.newBuilder().setTarget("tool:x").build());
    for (byte[] bad : List.of(GARBAGE, unknownSchema, otherType, new byte[0])) {
      RecordMetadata at = client.send(new ProducerRecord<>(topic, 1, "bad", bad));

      Rejection rejection = client.rejection(at);

      assertThat(rejection.getValueBytes()).isEqualTo(ByteBuffer.wrap(bad));
      assertThat(rejection.getReason()).isIn("UNDECODABLE", "SCHEMA_UNKNOWN");
      assertThat(rejection.getMessage()).isNotBlank();
    }
    for (int partition = 0; partition < WireClient.PARTITIONS; partition++) {
      ToolCall good = newCall("echo", "{}").build();
      send(partition, "any", good);
      assertThat(client.result(good.getId()).record().getOutcome()).isEqualTo(Outcome.OK);
    }
    assertThat(client.ask(plan(planned("a", "echo-once", "{}"))).getOutcome())
        .isEqualTo(Outcome.OK);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"targets", "health.status", "workers", "cache.invalidations", "tool.writes"})
  void anUnreadableRecordOfAGlobalTableIsLeftOutCountedAndRejected(String topic) {
    double before = rejected();
    byte[] unknownSchema = {0, 0x7f, 0, 0, 1, 2};

    RecordMetadata garbage = client.send(new ProducerRecord<>(topic, "tool:echo", GARBAGE));
    RecordMetadata unknown =
        client.send(new ProducerRecord<>(topic, "pool:default", unknownSchema));

    assertThat(client.rejection(garbage).getReason()).isEqualTo("UNDECODABLE");
    assertThat(client.rejection(garbage).getValueBytes()).isEqualTo(ByteBuffer.wrap(GARBAGE));
    assertThat(client.rejection(unknown).getReason()).isEqualTo("SCHEMA_UNKNOWN");
    assertThat(client.rejection(unknown).getValueBytes()).isEqualTo(ByteBuffer.wrap(unknownSchema));
    await().atMost(Duration.ofSeconds(30)).until(() -> rejected() >= before + 2);
    assertThat(client.ask(newCall("echo", "{}")).getOutcome()).isEqualTo(Outcome.OK);
    client.register(tool("after-" + topic.replace('.', '-')).build());
    assertThat(client.ask(newCall("after-" + topic.replace('.', '-'), "{}")).getOutcome())
        .isEqualTo(Outcome.OK);
  }

  @Test
  void aRecordOfAGlobalTableWithoutAKeyIsRejected() {
    RecordMetadata keyless =
        client.send(new ProducerRecord<>(Topics.TOOL_WRITES.name(), null, GARBAGE));

    assertThat(client.rejection(keyless).getReason()).isEqualTo("KEY_MISSING");
  }

  @ParameterizedTest
  @MethodSource("requests")
  void aRequestWithoutAValueIsRejected(String topic) {
    RecordMetadata empty = client.send(new ProducerRecord<>(topic, "k", null));

    assertThat(client.rejection(empty).getReason()).isEqualTo("EMPTY");
    assertThat(client.rejection(empty).getValueBytes()).isNull();
  }

  private static Stream<String> requests() {
    return Stream.of(Topics.TOOL_CALLS, Topics.TOOL_PLANS, InferenceTopics.REQUESTS)
        .map(Topic::name);
  }

  @Test
  void aKeyThatIsNoTextIsKeptAsItWas() throws Exception {
    byte[] key = {(byte) 0xff, (byte) 0xfe, 0, 1};
    try (KafkaProducer<byte[], byte[]> producer =
        new KafkaProducer<>(
            Map.of("bootstrap.servers", platform.endpoints().bootstrapServers()),
            new ByteArraySerializer(),
            new ByteArraySerializer())) {
      RecordMetadata at =
          producer.send(new ProducerRecord<>(Topics.TOOL_CALLS.name(), key, GARBAGE)).get();

      assertThat(client.rejection(at).getKeyBytes()).isEqualTo(ByteBuffer.wrap(key));
    }
  }

  @Test
  void aDeclarationThatCannotBeIsLeftOutAndRejected() {
    TargetSpec faulty = TargetSpec.newBuilder(tool("echo").build()).setArgumentsSchema("{").build();

    RecordMetadata at =
        client.send(
            new ProducerRecord<>(
                Topics.TARGETS.name(), "tool:echo", client.bytes(Topics.TARGETS, faulty)));

    assertThat(client.rejection(at).getReason()).isEqualTo("TARGET_INVALID");
    assertThat(client.rejection(at).getMessage()).contains("arguments_schema");
    assertThat(client.ask(newCall("echo", "{}")).getOutcome()).isEqualTo(Outcome.OK);
  }

  /** Brokers limit what they are sent, compressed; it may be of any size when it is read. */
  @Test
  void whatIsLargerThanARejectionOnceDecompressedIsCutAndWorkGoesOn() throws Exception {
    ToolCall large = newCall("echo", "{\"x\": \"" + "x".repeat(12 << 20) + "\"}").build();
    byte[] garbage = new byte[12 << 20];
    try (KafkaProducer<String, byte[]> compressing = compressing()) {
      for (byte[] value : List.of(client.bytes(Topics.TOOL_CALLS, large), garbage)) {
        RecordMetadata at =
            compressing.send(new ProducerRecord<>(Topics.TOOL_CALLS.name(), 1, "k", value)).get();

        Rejection rejection = client.rejection(at);
        assertThat(rejection.getMessage())
            .contains(" of %d bytes of the value are kept".formatted(value.length));
        assertThat(rejection.getValueBytes().remaining()).isGreaterThan(9 << 20);
      }
    }
    assertThat(client.result(large.getId()).record().getFailure().getCode())
        .isEqualTo("ARGUMENTS_TOO_LARGE");
    for (int partition = 0; partition < WireClient.PARTITIONS; partition++) {
      ToolCall good = newCall("echo", "{}").build();
      send(partition, "any", good);
      assertThat(client.result(good.getId()).record().getOutcome()).isEqualTo(Outcome.OK);
    }
  }

  private static KafkaProducer<String, byte[]> compressing() {
    return new KafkaProducer<>(
        Map.of(
            "bootstrap.servers",
            platform.endpoints().bootstrapServers(),
            "compression.type",
            "gzip",
            "max.request.size",
            32 << 20),
        new StringSerializer(),
        new ByteArraySerializer());
  }

  @Test
  void whatLeadsToSomethingTooLargeToBeWrittenIsRejectedAndWorkGoesOn() throws Exception {
    ToolCached large =
        ToolCached.newBuilder()
            .setId(WireClient.newId())
            .setOccurredAt(Instant.now())
            .setTarget("tool:echo")
            .setOutput("x".repeat(12 << 20))
            .setExpiresAt(Instant.now().plusSeconds(600))
            .setEndsAt(Instant.now().plusSeconds(600))
            .setBegunAt(Instant.now())
            .setStoredBy("somebody")
            .build();
    try (KafkaProducer<String, byte[]> compressing = compressing()) {
      compressing
          .send(
              new ProducerRecord<>(
                  Topics.TOOL_CACHED.name(), 1, "k", client.bytes(Topics.TOOL_CACHED, large)))
          .get();
    }

    assertThat(client.rejection("RESULT_TOO_LARGE").getMessage()).contains("tool-cache-changelog");
    ToolCall good = newCall("echo", "{}").build();
    send(1, "any", good);
    assertThat(client.result(good.getId()).record().getOutcome()).isEqualTo(Outcome.OK);
  }

  @Test
  void aRestartKeepsAnswersCacheAndTargets() throws Exception {
    ToolCall call = newCall("echo-cached", "{\"kept\": true}").build();
    int schemas;
    try (EmbeddedPlatform first = start(folder, meters());
        WireClient wire = new WireClient(first.endpoints())) {
      register(wire);
      assertThat(wire.ask(ToolCall.newBuilder(call)).getServedBy()).isEqualTo(ServedBy.WORKER);
      schemas = schemaId(wire, call);
      wire.register(
          TargetSpec.newBuilder()
              .setTarget("pool:default")
              .setName("default")
              .setPool("default")
              .setScaling(ScalingPolicy.newBuilder().setReplicasMax(7).build())
              .build());
      assertThatThrownBy(() -> start(folder, meters()))
          .isInstanceOf(DataDirectoryException.class)
          .hasMessageContaining(first.endpoints().bootstrapServers());
    }
    try (EmbeddedPlatform second = start(folder, meters());
        WireClient wire = new WireClient(second.endpoints())) {
      assertThat(wire.result(call.getId()).record().getServedBy())
          .as("the answer is still in the log")
          .isEqualTo(ServedBy.WORKER);

      ToolResult cached = wire.ask(newCall("echo-cached", "{\"kept\": true}"));
      wire.write(Topics.TOOL_CALLS, "any", call);
      await().atMost(Duration.ofSeconds(30)).until(() -> wire.results(call.getId()).size() == 2);

      assertThat(cached.getServedBy()).isEqualTo(ServedBy.CACHE);
      assertThat(wire.results(call.getId()).get(1).record().getOutput())
          .isEqualTo("{\"kept\":true}");
      assertThat(schemaId(wire, call)).isEqualTo(schemas);
      assertThat(wire.ask(newCall("echo", "{}")).getOutcome()).isEqualTo(Outcome.OK);
      assertThat(declared(second.endpoints()).get("pool:default").getScaling())
          .as("the pool is as its operator declared it")
          .isNotNull();
    }
  }

  private static Map<String, TargetSpec> declared(Endpoints endpoints) {
    return DeclaredTargets.read(
        Map.of("bootstrap.servers", endpoints.bootstrapServers()),
        Map.of(SerdeConfig.SCHEMA_REGISTRY_URL, endpoints.schemaRegistryUrl()),
        () -> false);
  }

  @Test
  void twoPlatformsSideBySideKnowNothingOfEachOther() throws Exception {
    try (EmbeddedPlatform other = start(folder, meters());
        WireClient wire = new WireClient(other.endpoints())) {
      wire.register(tool("only-there").build());

      assertThat(wire.ask(newCall("only-there", "{}")).getOutcome()).isEqualTo(Outcome.OK);
      assertRefused(client.ask(newCall("only-there", "{}")), "TARGET_UNKNOWN", "only-there");
      assertRefused(wire.ask(newCall("echo", "{}")), "TARGET_UNKNOWN", "echo");
    }
  }

  static EmbeddedPlatform start(Path data, PrometheusMeterRegistry meters) {
    List<NewTopic> topics = new ArrayList<>();
    Topics.all().forEach(topic -> topics.add(Provisioner.embedded(topic, WireClient.PARTITIONS)));
    return EmbeddedPlatform.start(
        new PlatformOptions(data, 0, 0, 0, false, topics, Duration.ofSeconds(90)),
        meters,
        List.of(new OperationsPart(meters, Map.of()), new ToolWorkerPart(meters, Map.of())));
  }

  static void register(WireClient wire) {
    wire.register(tool("echo").setIdempotent(true).build());
    wire.register(tool("echo-once").build());
    wire.register(tool("echo-cached").setIdempotent(true).setCacheTtlMs(600_000L).build());
    wire.register(
        tool("echo-strict")
            .setArgumentsSchema(
                "{\"type\": \"object\", \"properties\": {\"city\": {\"type\": \"string\"}}}")
            .build());
    wire.register(tool("sleep").setBuiltin("sleep").setIdempotent(true).build());
  }

  private static TargetSpec.Builder tool(String name) {
    return TargetSpec.newBuilder()
        .setTarget("tool:" + name)
        .setKind(TargetKind.TOOL)
        .setName(name)
        .setBuiltin("echo");
  }

  private static PlannedCall planned(String name, String tool, String arguments) {
    return PlannedCall.newBuilder().setName(name).setTarget(tool).setArguments(arguments).build();
  }

  private static ToolPlan plan(PlannedCall... calls) {
    return ToolPlan.newBuilder().setId(WireClient.newId()).setCalls(List.of(calls)).build();
  }

  private static String argument(int length) {
    return "{\"x\": \"" + "x".repeat(length) + "\"}";
  }

  private static void send(int partition, String key, ToolCall call) {
    client.send(
        new ProducerRecord<>(
            Topics.TOOL_CALLS.name(), partition, key, client.bytes(Topics.TOOL_CALLS, call)));
  }

  private static int schemaId(WireClient wire, ToolCall call) {
    return ByteBuffer.wrap(wire.bytes(Topics.TOOL_CALLS, call), 1, 4).getInt();
  }

  private static double rejected() {
    return METERS.get("millrace.rejections").counter().count();
  }

  private static PrometheusMeterRegistry meters() {
    return new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
  }

  private static void assertRefused(ToolResult result, String code, String named) {
    assertThat(result.getOutcome()).isEqualTo(Outcome.REFUSED);
    assertThat(result.getFailure().getCode()).isEqualTo(code);
    assertThat(result.getFailure().getMessage()).contains(named);
  }
}
