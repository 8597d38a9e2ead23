package io.millrace.platform.interop;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import io.millrace.events.TargetKind;
import io.millrace.events.TargetSpec;
import io.millrace.platform.embedded.EmbeddedPlatform;
import io.millrace.platform.embedded.Endpoints;
import io.millrace.platform.embedded.OperationsPart;
import io.millrace.platform.embedded.PlatformOptions;
import io.millrace.platform.embedded.SchemasPart;
import io.millrace.platform.embedded.ToolWorkerPart;
import io.millrace.platform.provision.Provisioner;
import io.millrace.schemas.fixtures.Repository;
import io.millrace.schemas.serde.AvroSafety;
import io.millrace.schemas.serde.EventSerializer;
import io.millrace.schemas.serde.SerdeConfig;
import io.millrace.schemas.topics.Topics;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.StringSerializer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** kafkajs with its client of Confluent's registry calls tools and reads their results. */
@Timeout(300)
class KafkaJsTest {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final int PARTITIONS = 4;

  private static NodeProject node;
  private static EmbeddedPlatform platform;

  @BeforeAll
  static void start(@TempDir Path data) throws Exception {
    node = NodeProject.install();
    List<NewTopic> topics = new ArrayList<>();
    Topics.all().forEach(topic -> topics.add(Provisioner.embedded(topic, PARTITIONS)));
    PrometheusMeterRegistry meters = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
    platform =
        EmbeddedPlatform.start(
            new PlatformOptions(data, 0, 0, 0, false, topics, Duration.ofSeconds(60)),
            meters,
            List.of(
                new SchemasPart(),
                new OperationsPart(meters, Map.of()),
                new ToolWorkerPart(meters, Map.of())));
    registerEcho(platform.endpoints());
  }

  @AfterAll
  static void stop() {
    if (platform != null) {
      platform.close();
    }
  }

  private static void registerEcho(Endpoints endpoints) throws Exception {
    AvroSafety.establish();
    TargetSpec echo =
        TargetSpec.newBuilder()
            .setTarget("tool:echo")
            .setKind(TargetKind.TOOL)
            .setName("echo")
            .setBuiltin("echo")
            .build();
    try (KafkaProducer<String, TargetSpec> producer =
        new KafkaProducer<>(
            Map.of("bootstrap.servers", endpoints.bootstrapServers()),
            new StringSerializer(),
            EventSerializer.forValues(
                Map.of(SerdeConfig.SCHEMA_REGISTRY_URL, endpoints.schemaRegistryUrl())))) {
      producer.send(new ProducerRecord<>(Topics.TARGETS.name(), "tool:echo", echo)).get();
    }
  }

  @Test
  void theReadmesExampleCallsAToolAndPrintsItsResult() throws Exception {
    assertThat(run("call.mjs")).isEqualTo("OK {\"text\":\"hello\"}\n");
  }

  @Test
  void theReadmeShowsTheExampleThatIsRunHere() throws Exception {
    assertThat(Files.readString(Repository.ROOT.resolve("README.md")))
        .contains("```js\n" + NodeProject.source("call.mjs") + "```");
  }

  @Test
  void callsOfThreeFieldsAreAnsweredWhateverTheirSchemaKeyAndPartition() throws Exception {
    JsonNode printed = JSON.readTree(run("variants.mjs", Integer.toString(PARTITIONS)));

    assertThat(printed.path("same_schema").asBoolean(true)).isFalse();
    JsonNode results = printed.path("results");
    List<String> ways = new ArrayList<>(List.of("latest schema", "own schema", "without a key"));
    for (int partition = 0; partition < PARTITIONS; partition++) {
      ways.add("partition " + partition);
    }
    for (String way : ways) {
      JsonNode result = results.path(way);
      assertThat(result.path("outcome").asText()).as("%s: %s", way, result).isEqualTo("OK");
      assertThat(result.path("output").asText()).isEqualTo("{\"way\":\"" + way + "\"}");
      assertThat(result.path("target").asText()).isEqualTo("tool:echo");
      assertThat(result.path("tenant").asText()).isEqualTo("default");
    }
    JsonNode refused = results.path("unknown tool");
    assertThat(refused.path("outcome").asText()).isEqualTo("REFUSED");
    assertThat(refused.path("failure").path("code").asText()).isEqualTo("TARGET_UNKNOWN");
  }

  private static String run(String program, String... more) throws Exception {
    List<String> arguments =
        new ArrayList<>(
            List.of(
                platform.endpoints().bootstrapServers(), platform.endpoints().schemaRegistryUrl()));
    arguments.addAll(List.of(more));
    return node.run(program, arguments.toArray(String[]::new));
  }
}
