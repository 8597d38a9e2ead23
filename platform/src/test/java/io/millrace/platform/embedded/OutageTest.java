package io.millrace.platform.embedded;

import static io.millrace.platform.embedded.WireClient.newCall;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.millrace.events.CacheInvalidation;
import io.millrace.events.InvalidationScope;
import io.millrace.events.Outcome;
import io.millrace.events.PlannedCall;
import io.millrace.events.TargetKind;
import io.millrace.events.TargetSpec;
import io.millrace.events.ToolCall;
import io.millrace.events.ToolPlan;
import io.millrace.platform.broker.BrokerOptions;
import io.millrace.platform.broker.EmbeddedBroker;
import io.millrace.platform.provision.Pools;
import io.millrace.platform.provision.Provisioner;
import io.millrace.platform.registry.SchemaRegistryServer;
import io.millrace.schemas.http.LoopbackHttpServer;
import io.millrace.schemas.serde.SerdeConfig;
import io.millrace.schemas.topics.Topics;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Predicate;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The operations application while the registry or the broker is away: it waits and goes on. */
@Timeout(180)
class OutageTest {
  private static final Duration WAIT = Duration.ofSeconds(60);

  /** So many requests are more than a registry is asked for before it is given up once. */
  private static final int GIVEN_UP = 120;

  @TempDir Path folder;
  private SimpleMeterRegistry meters = new SimpleMeterRegistry();
  private EmbeddedBroker broker;
  private SchemaRegistryServer registry;
  private Endpoints endpoints;
  private OperationsPart operations;
  private ToolWorkerPart worker;
  private WireClient client;

  @BeforeEach
  void start() {
    broker = EmbeddedBroker.start(BrokerOptions.of(folder.resolve("kafka"), 0));
    List<NewTopic> topics = new ArrayList<>(EmbeddedBroker.internalTopics());
    topics.add(SchemaRegistryServer.topic());
    Topics.all().forEach(topic -> topics.add(Provisioner.embedded(topic)));
    try (Admin admin = Admin.create(Map.of("bootstrap.servers", broker.bootstrapServers()))) {
      new Provisioner(admin, WAIT).provision(topics);
    }
    registry = SchemaRegistryServer.start(broker.bootstrapServers(), 0);
    endpoints = new Endpoints(broker.bootstrapServers(), registry.url(), folder);
    operations = operations();
    operations.start(endpoints);
    worker = new ToolWorkerPart(new SimpleMeterRegistry(), Map.of());
    worker.start(endpoints);
    client = new WireClient(endpoints);
    client.register(tool("echo", "default"));
    client.register(tool("sleep", "default"));
    declareAnotherPool();
    assertThat(client.ask(newCall("echo", "{}")).getOutcome()).isEqualTo(Outcome.OK);
    assertThat(client.ask(plan()).getOutcome()).isEqualTo(Outcome.OK);
  }

  @AfterEach
  void stop() throws InterruptedException {
    client.close();
    worker.close();
    operations.close();
    registry.close();
    broker.close();
  }

  /** Given up after two seconds, so that an outage is longer. */
  private OperationsPart operations() {
    return new OperationsPart(meters, Map.of("session.timeout.ms", "2000"));
  }

  /** One that no task was sent to. */
  private void declareAnotherPool() {
    Map<String, Object> serde =
        Map.of(SerdeConfig.SCHEMA_REGISTRY_URL, endpoints.schemaRegistryUrl());
    try (Admin admin = Admin.create(Map.of("bootstrap.servers", broker.bootstrapServers()))) {
      new Pools(admin, serde, WAIT).create(List.of("quiet"));
    }
    client.register(
        TargetSpec.newBuilder().setTarget("pool:quiet").setName("quiet").setPool("quiet").build());
    client.register(
        TargetSpec.newBuilder(tool("echo", "quiet"))
            .setTarget("tool:quiet-echo")
            .setName("quiet-echo")
            .build());
  }

  private static TargetSpec tool(String name, String pool) {
    return TargetSpec.newBuilder()
        .setTarget("tool:" + name)
        .setKind(TargetKind.TOOL)
        .setName(name)
        .setPool(pool)
        .setBuiltin(name)
        .setIdempotent(true)
        .build();
  }

  private static ToolPlan plan() {
    return ToolPlan.newBuilder()
        .setId(WireClient.newId())
        .setCalls(
            List.of(
                PlannedCall.newBuilder().setName("a").setTarget("echo").setArguments("{}").build()))
        .build();
  }

  private RecordMetadata sendBytes(byte[] value) {
    return client.send(new ProducerRecord<>(Topics.TOOL_CALLS.name(), 0, "k", value));
  }

  private static void awaitEndOf(Predicate<String> threads) {
    await()
        .atMost(WAIT)
        .until(
            () ->
                Thread.getAllStackTraces().keySet().stream()
                    .map(Thread::getName)
                    .noneMatch(threads));
  }

  private Outcome outcome(ToolCall call) {
    return client.result(call.getId()).record().getOutcome();
  }

  @Test
  void operationsThatStartWithoutTheRegistryWaitForItAndForgetNoTarget() {
    operations.close();
    int port = registry.port();
    registry.close();
    ToolCall call = newCall("echo", "{}").build();
    ToolPlan plan = plan();
    client.write(Topics.TOOL_CALLS, "any", call);
    client.write(Topics.TOOL_PLANS, plan.getId(), plan);

    AtomicInteger asked = new AtomicInteger();
    meters = new SimpleMeterRegistry();
    OperationsPart again = operations();
    operations = again;
    CompletableFuture<Void> starting;
    try (LoopbackHttpServer away = away(port, asked)) {
      starting = CompletableFuture.runAsync(() -> again.start(endpoints));
      await().atMost(WAIT).until(() -> asked.get() > GIVEN_UP);
      assertThat(away.port()).isEqualTo(port);
      assertThat(client.results(call.getId())).isEmpty();
    }
    registry = SchemaRegistryServer.start(broker.bootstrapServers(), port);

    starting.join();
    assertThat(outcome(call)).isEqualTo(Outcome.OK);
    assertThat(client.planResult(plan.getId()).getOutcome()).isEqualTo(Outcome.OK);
    assertThat(client.ask(newCall("echo", "{}")).getOutcome()).isEqualTo(Outcome.OK);
    assertThat(meters.get("millrace.rejections").counter().count()).isZero();
  }

  @Test
  void operationsThatLoseTheRegistryGoOnWithWhatTheyKnowAndTheRestWaits() {
    awaitEndOf(name -> name.endsWith("-schemas"));
    int port = registry.port();
    registry.close();
    RecordMetadata garbage;
    RecordMetadata unknown;
    AtomicInteger asked = new AtomicInteger();
    try (LoopbackHttpServer away = away(port, asked)) {
      assertThat(client.ask(newCall("echo", "{}")).getOutcome()).isEqualTo(Outcome.OK);
      assertThat(client.ask(plan()).getOutcome()).isEqualTo(Outcome.OK);
      // The first task of its pool.
      assertThat(client.ask(newCall("quiet-echo", "{}")).getOutcome()).isEqualTo(Outcome.OK);
      // Its flight is the first that lives until a commit.
      assertThat(client.ask(newCall("sleep", "{\"ms\": 1500}")).getOutcome()).isEqualTo(Outcome.OK);
      garbage = sendBytes("no Avro".getBytes(StandardCharsets.UTF_8));
      await().atMost(WAIT).until(() -> meters.get("millrace.rejections").counter().count() == 1);
      unknown = sendBytes(new byte[] {0, 0, 0, 99, 99, 1});
      await().atMost(WAIT).until(() -> asked.get() > GIVEN_UP);
      assertThat(away.port()).isEqualTo(port);
    }
    registry = SchemaRegistryServer.start(broker.bootstrapServers(), port);

    assertThat(client.rejection(garbage).getReason()).isEqualTo("UNDECODABLE");
    assertThat(client.rejection(unknown).getReason()).isEqualTo("SCHEMA_UNKNOWN");
    ToolCall behind = newCall("echo", "{}").build();
    sendBytes(client.bytes(Topics.TOOL_CALLS, behind));
    assertThat(outcome(behind)).isEqualTo(Outcome.OK);
    await().atMost(WAIT).until(operations::ready);
  }

  @Test
  void operationsThatLoseTheBrokerGoOnWhereTheyWere() {
    ToolCall running = newCall("sleep", "{\"ms\": 3000}").build();
    client.write(Topics.TOOL_CALLS, "any", running);
    int port = broker.port();
    broker.close();
    List<CompletableFuture<Outcome>> asked = new ArrayList<>();
    for (int i = 0; i < 8; i++) {
      asked.add(
          CompletableFuture.supplyAsync(() -> client.ask(newCall("echo", "{}")).getOutcome()));
      asked.add(CompletableFuture.supplyAsync(() -> client.ask(plan()).getOutcome()));
    }
    // The worker's share consumer, which would take a whole processor to ask for the broker.
    awaitEndOf("consumer_background_thread"::equals);
    broker = EmbeddedBroker.start(BrokerOptions.of(folder.resolve("kafka"), port));

    assertThat(asked).allSatisfy(answer -> assertThat(answer.join()).isEqualTo(Outcome.OK));
    assertThat(outcome(running)).isEqualTo(Outcome.OK);
    assertThat(operations.ready()).isTrue();
  }

  @Test
  void operationsWhoseTableIsTakenAwayAndMadeAnewSayThatTheyCannotGoOn() throws Exception {
    AtomicInteger failures = new AtomicInteger();
    operations.close();
    operations =
        new OperationsPart(meters, Map.of("session.timeout.ms", "2000"), failures::incrementAndGet);
    operations.start(endpoints);
    client.write(
        Topics.CACHE_INVALIDATIONS,
        "k",
        CacheInvalidation.newBuilder().setScope(InvalidationScope.KEY).setName("k").build());
    assertThat(client.ask(newCall("echo", "{}")).getOutcome()).isEqualTo(Outcome.OK);

    try (Admin admin = Admin.create(Map.of("bootstrap.servers", broker.bootstrapServers()))) {
      admin.deleteTopics(List.of(Topics.CACHE_INVALIDATIONS.name())).all().get();
      new Provisioner(admin, WAIT)
          .provision(List.of(Provisioner.embedded(Topics.CACHE_INVALIDATIONS)));
    }

    await().atMost(WAIT).until(() -> failures.get() > 0);
    assertThat(operations.ready()).isFalse();
  }

  /** Answers in the registry's place, as one that is overloaded would. */
  private static LoopbackHttpServer away(int port, AtomicInteger asked) {
    return LoopbackHttpServer.start(
        "registry that is away",
        port,
        exchange -> {
          asked.incrementAndGet();
          LoopbackHttpServer.answer(exchange, 503, "text/plain", new byte[0]);
        });
  }
}
