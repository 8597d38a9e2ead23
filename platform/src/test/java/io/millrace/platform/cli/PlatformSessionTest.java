package io.millrace.platform.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import io.millrace.events.Outcome;
import io.millrace.events.ToolCall;
import io.millrace.events.ToolResult;
import io.millrace.platform.embedded.EmbeddedPlatform;
import io.millrace.platform.embedded.PlatformOptions;
import io.millrace.platform.provision.Provisioner;
import io.millrace.schemas.serde.EventDeserializer;
import io.millrace.schemas.serde.SerdeConfig;
import io.millrace.schemas.topics.Topics;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Commands against a real broker and registry; what dispatch would answer is answered here. */
@Timeout(120)
class PlatformSessionTest {
  private static Path directory;
  private static EmbeddedPlatform platform;

  @BeforeAll
  static void start(@TempDir Path temporary) {
    directory = temporary;
    List<NewTopic> topics = new ArrayList<>();
    Topics.all().forEach(topic -> topics.add(Provisioner.embedded(topic)));
    platform =
        EmbeddedPlatform.start(
            new PlatformOptions(
                directory.resolve("data"), 0, 0, 0, false, topics, Duration.ofSeconds(60)),
            new PrometheusMeterRegistry(PrometheusConfig.DEFAULT),
            List.of());
  }

  @AfterAll
  static void stop() {
    platform.close();
  }

  @Test
  void applyingAFileAgainChangesNothing() throws Exception {
    Path file =
        write(
            "targets.yaml",
            "targets: [{name: echo, builtin: echo, pool: web}]\npools: [{name: spare}]\n");

    Session first = run("apply", "-f", file.toString(), "--json", "-");
    Session second = run("apply", "-f", file.toString(), "--json", "-");
    Session third =
        run(
            "apply",
            "--dry-run",
            "-f",
            write(
                    "changed.yaml",
                    "targets: [{name: echo, builtin: echo, pool: web, timeout: 1s}]\n")
                .toString());

    assertThat(first.code()).isEqualTo(ExitCode.OK);
    assertThat(changes(first)).containsExactly("created", "created", "created");
    assertThat(changes(second)).containsExactly("unchanged", "unchanged", "unchanged");
    assertThat(third.out()).containsPattern("tool:echo +web +1 +changed");
    assertThat(run("status", "--json", "-").json().path("pools").toString())
        .isEqualTo("[\"spare\",\"web\"]");
    assertThat(run("consume", "tool.tasks.web", "--from-beginning").code()).isEqualTo(ExitCode.OK);
  }

  @Test
  void aFileThatOnlyNamesAPoolLeavesItAsAnotherDeclaredIt() throws Exception {
    Path pools =
        write("pools.yaml", "pools: [{name: scaled, scaling: {max: 9, to_zero: true, min: 0}}]\n");
    Path targets = write("named.yaml", "targets: [{name: named, builtin: echo, pool: scaled}]\n");

    assertThat(changes(run("apply", "-f", pools.toString(), "--json", "-")))
        .containsExactly("created");
    assertThat(changes(run("apply", "-f", targets.toString(), "--json", "-")))
        .containsExactly("unchanged", "created");
    assertThat(changes(run("apply", "-f", pools.toString(), "--json", "-")))
        .containsExactly("unchanged");
  }

  @Test
  void aFallbackThatNobodyDeclaredIsWarnedOfUntilSomeoneDoes() throws Exception {
    Path file =
        write(
            "fallback.yaml",
            "targets: [{name: first, builtin: echo, fallback: [{tool: second}]}]\n");
    Path second = write("second.yaml", "targets: [{name: second, builtin: echo}]\n");

    assertThat(run("apply", "-f", file.toString()).err())
        .contains("tool:first falls back to tool:second, which is not declared (yet)");
    run("apply", "-f", second.toString());
    assertThat(run("apply", "-f", file.toString()).err()).doesNotContain("falls back");
  }

  @Test
  void whatIsProducedIsConsumedAgainAndTheUnreadableIsShown() throws Exception {
    Path lines =
        write(
            "alerts.jsonl",
            "{\"tenant\": \"a\", \"occurred_at\": \"2026-01-31T12:00:00Z\"}\n\n{\"tenant\": \"b\"}\n");

    assertThat(run("produce", "alerts", "-f", lines.toString()).out())
        .isEqualTo("2 records written to alerts\n");
    try (Cluster cluster = cluster();
        Producer<String, byte[]> producer = cluster.bytesProducer()) {
      producer.send(new ProducerRecord<>("alerts", "x", new byte[] {9, 9})).get();
    }
    JsonNode read = run("consume", "alerts", "--from-beginning", "--json", "-").json();

    assertThat(read.path("read").asInt()).isEqualTo(3);
    assertThat(read.path("undecodable").asInt()).isEqualTo(1);
    assertThat(read.path("records"))
        .anySatisfy(
            record -> {
              assertThat(record.path("tenant").asText()).isEqualTo("a");
              assertThat(record.path("occurred_at").asText()).isEqualTo("2026-01-31T12:00:00Z");
              assertThat(record.path("id").asText()).hasSize(36);
            })
        .anySatisfy(
            record -> {
              assertThat(record.path("tenant").asText()).isEqualTo("b");
              assertThat(Instant.parse(record.path("occurred_at").asText()))
                  .isAfter(Instant.now().minusSeconds(600));
            })
        .anySatisfy(
            record -> {
              assertThat(record.path("bytes").asText()).isEqualTo("CQk=");
              assertThat(record.path("undecodable").asText()).contains("wire format");
            });
  }

  @Test
  void aWrongLineEndsProducingWithItsNumber() throws Exception {
    Path lines = write("wrong.jsonl", "{\"tenant\": \"a\"}\n{\"tenent\": \"a\"}\n");

    Session session = run("produce", "tool.results", "-f", lines.toString());

    assertThat(session.code()).isEqualTo(ExitCode.USAGE);
    assertThat(session.err())
        .isEqualTo(
            "millrace: "
                + lines
                + ":2: tenent: is no field of ToolResult; did you mean 'tenant'?\n");
  }

  @Test
  void consumingEndsWithCodeOneWhenTooFewCame() {
    Session session = run("consume", "tool.cancels", "--max", "1", "--timeout", "300ms");

    assertThat(session.code()).isEqualTo(ExitCode.FAILED);
    assertThat(session.out()).isEmpty();
  }

  @Test
  void aCallPrintsTheOutputOfItsOwnResult() throws Exception {
    CompletableFuture<Void> dispatch = answer(Outcome.OK, "good");

    Session session = run("call", "good", "{\"n\": 1}", "--deadline", "30s");

    assertThat(session).isEqualTo(new Session(ExitCode.OK, "{\"got\":{\"n\": 1}}\n", ""));
    dispatch.get(10, TimeUnit.SECONDS);
  }

  @Test
  void aCallThatFailsSaysWhyAndEndsWithCodeOne() throws Exception {
    CompletableFuture<Void> dispatch = answer(Outcome.TOOL_ERROR, "bad");

    Session session = run("call", "bad", "--json", "-");

    assertThat(session.code()).isEqualTo(ExitCode.FAILED);
    assertThat(session.err())
        .isEqualTo("millrace: bad ended TOOL_ERROR: BROKEN: it is broken on purpose\n");
    assertThat(session.json().path("outcome").asText()).isEqualTo("TOOL_ERROR");
    assertThat(session.json().at("/output/got").isObject()).isTrue();
    dispatch.get(10, TimeUnit.SECONDS);
  }

  @Test
  void aRegistryThatIsAwayIsNamed() throws Exception {
    Path lines = write("one.jsonl", "{\"tenant\": \"a\"}\n");

    Session session =
        Session.run(
            "produce",
            "alerts",
            "-f",
            lines.toString(),
            "--bootstrap",
            platform.endpoints().bootstrapServers(),
            "--registry",
            "http://127.0.0.1:1");

    assertThat(session.code()).isEqualTo(ExitCode.UNREACHABLE);
    assertThat(session.err().lines()).hasSize(1);
    assertThat(session.err()).contains("http://127.0.0.1:1").contains("--registry URL");
  }

  @Test
  void theDoctorFindsARunningPlatformSound() throws Exception {
    Session session = run("doctor", "--json", "-");

    assertThat(session.json().path("checks"))
        .allSatisfy(check -> assertThat(check.path("ok").asBoolean()).as("%s", check).isTrue());
    assertThat(session.code()).isEqualTo(ExitCode.OK);
  }

  @Test
  void statusIsATableForPeople() {
    Session session = run("status");

    assertThat(session.code()).isEqualTo(ExitCode.OK);
    assertThat(session.out())
        .contains("broker " + platform.endpoints().bootstrapServers())
        .contains("WORKERS: none");
  }

  @Test
  void aTopicThatIsNotThereIsNamed() {
    Session session = run("consume", "no.such", "--from-beginning");

    assertThat(session.code()).isEqualTo(ExitCode.FAILED);
    assertThat(session.err()).contains("has no topic 'no.such'");
  }

  /** Answers the first call of a tool, as dispatch would: with decoys around its result. */
  private static CompletableFuture<Void> answer(Outcome outcome, String tool) throws Exception {
    CompletableFuture<Void> listening = new CompletableFuture<>();
    CompletableFuture<Void> done =
        CompletableFuture.runAsync(
            () -> {
              try (Cluster cluster = cluster();
                  Consumer<String, byte[]> consumer = cluster.consumer();
                  Producer<String, byte[]> raw = cluster.bytesProducer();
                  Producer<String, ToolResult> producer = cluster.producer(Topics.TOOL_RESULTS)) {
                var partitions = cluster.partitions(Topics.TOOL_CALLS.name());
                consumer.assign(partitions);
                consumer.seekToEnd(partitions);
                partitions.forEach(consumer::position);
                EventDeserializer<ToolCall> calls =
                    EventDeserializer.forValues(
                        ToolCall.class,
                        Map.of(
                            SerdeConfig.SCHEMA_REGISTRY_URL,
                            platform.endpoints().schemaRegistryUrl()));
                listening.complete(null);
                await()
                    .atMost(Duration.ofSeconds(30))
                    .until(() -> serve(consumer, calls, raw, producer, outcome, tool));
              } catch (RuntimeException e) {
                listening.completeExceptionally(e);
                throw e;
              }
            });
    listening.get(30, TimeUnit.SECONDS);
    return done;
  }

  private static boolean serve(
      Consumer<String, byte[]> consumer,
      EventDeserializer<ToolCall> calls,
      Producer<String, byte[]> raw,
      Producer<String, ToolResult> producer,
      Outcome outcome,
      String tool) {
    for (ConsumerRecord<String, byte[]> record : consumer.poll(Duration.ofMillis(100))) {
      ToolCall call = calls.deserialize(record.topic(), record.value());
      if (call == null || !call.getTarget().equals(tool)) {
        continue;
      }
      Integer partition = call.getReplyPartition();
      String topic = Topics.TOOL_RESULTS.name();
      raw.send(new ProducerRecord<>(topic, partition, "x", new byte[] {1}));
      raw.flush();
      ToolResult.Builder result =
          ToolResult.newBuilder()
              .setOutcome(outcome)
              .setOutput("{\"got\":" + call.getArguments() + "}");
      if (outcome != Outcome.OK) {
        result.setFailure(
            io.millrace.events.Failure.newBuilder()
                .setCode("BROKEN")
                .setMessage("it is broken on purpose")
                .build());
      }
      ToolResult decoy = result.setOperationId("another").build();
      producer.send(new ProducerRecord<>(topic, partition, "another", decoy));
      ToolResult own = result.setOperationId(call.getId()).build();
      producer.send(new ProducerRecord<>(topic, partition, call.getId(), own));
      producer.flush();
      return true;
    }
    return false;
  }

  private static Session run(String... arguments) {
    List<String> all = new ArrayList<>(List.of(arguments));
    all.add("--data");
    all.add(directory.resolve("data").toString());
    return Session.run(all.toArray(String[]::new));
  }

  private static Cluster cluster() {
    return new Cluster(
        new Addresses(
            platform.endpoints().bootstrapServers(),
            platform.endpoints().schemaRegistryUrl(),
            null));
  }

  private static List<String> changes(Session session) throws Exception {
    List<String> changes = new ArrayList<>();
    session.json().path("targets").forEach(one -> changes.add(one.path("change").asText()));
    return changes;
  }

  private static Path write(String name, String text) throws Exception {
    return Files.writeString(directory.resolve(name), text);
  }
}
