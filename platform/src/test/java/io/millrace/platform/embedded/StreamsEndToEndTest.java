package io.millrace.platform.embedded;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import io.millrace.events.TensorDatatype;
import io.millrace.inference.InferenceWorker;
import io.millrace.inference.InferenceWorkerConfig;
import io.millrace.inference.onnx.OnnxGraph;
import io.millrace.platform.provision.Provisioner;
import io.millrace.schemas.topics.Topics;
import io.millrace.worker.runtime.WorkerConfig;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.admin.NewTopic;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Streamed answers and sequences of a repository's models, through the gateway and the log. */
@Timeout(180)
class StreamsEndToEndTest {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final HttpClient HTTP = HttpClient.newHttpClient();
  private static final Duration LOADED = Duration.ofSeconds(60);

  /** Enough that each of two workers reads some. */
  private static final int PARTITIONS = 4;

  private static Path models;
  private static GatewayPart gateway;
  private static EmbeddedPlatform platform;

  @BeforeAll
  static void start(@TempDir Path shared) throws IOException {
    models = Files.createDirectory(shared.resolve("models"));
    put(
        counter(),
        "counter",
        """
        model_transaction_policy { decoupled: true }
        parameters { key: "stream_feedback" value { string_value: "y>x" } }
        parameters { key: "stream_stop" value { string_value: "y=5" } }
        parameters { key: "stream_steps_max" value { string_value: "20000" } }
        """);
    put(total(), "total", sequences(60_000_000));
    put(total(), "brief", sequences(300_000));
    PrometheusMeterRegistry meters = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
    gateway = new GatewayPart(meters, 0, Map.of());
    List<NewTopic> topics =
        Topics.all().stream().map(topic -> Provisioner.embedded(topic, PARTITIONS)).toList();
    platform =
        EmbeddedPlatform.start(
            new PlatformOptions(
                shared.resolve("data"), 0, 0, 0, false, topics, Duration.ofSeconds(90)),
            meters,
            List.of(
                new SchemasPart(),
                new OperationsPart(meters, Map.of()),
                new ToolWorkerPart(meters, Map.of()),
                new ModelsPart(meters, models, Map.of()),
                gateway));
    awaitReady("counter");
    awaitReady("total");
    awaitReady("brief");
  }

  private static String sequences(int idleMicros) {
    return """
        sequence_batching {
          max_sequence_idle_microseconds: %d
          control_input { name: "START"
            control { kind: CONTROL_SEQUENCE_START fp32_false_true: [0, 1] } }
          state { input_name: "state_in" output_name: "state_out" data_type: TYPE_FP32 dims: [1] }
        }
        """
        .formatted(idleMicros);
  }

  @AfterAll
  static void stop() {
    platform.close();
  }

  /** y = all that x has been since the start of its sequence, and a thousand at the start. */
  private static OnnxGraph total() {
    OnnxGraph graph = new OnnxGraph("total");
    String x = graph.input("x", TensorDatatype.FP32, -1, 1);
    String start = graph.input("START", TensorDatatype.FP32, -1, 1);
    String before = graph.input("state_in", TensorDatatype.FP32, -1, 1);
    graph.node("Add", Map.of(), List.of(before, x), List.of("state_out"));
    String thousand = graph.floats(new float[] {1_000}, 1);
    graph.node(
        "Add", Map.of(), List.of("state_out", graph.node("Mul", start, thousand)), List.of("y"));
    graph.output("state_out", TensorDatatype.FP32, -1, 1);
    graph.output("y", TensorDatatype.FP32, -1, 1);
    return graph;
  }

  private static OnnxGraph counter() {
    OnnxGraph graph = new OnnxGraph("counter");
    String x = graph.input("x", TensorDatatype.INT64, -1, 1);
    graph.node("Add", Map.of(), List.of(x, graph.longs(1)), List.of("y"));
    graph.output("y", TensorDatatype.INT64, -1, 1);
    return graph;
  }

  private static void put(OnnxGraph graph, String model, String config) throws IOException {
    Path home = models.resolve(model);
    Files.createDirectories(home.resolve("1"));
    Files.writeString(home.resolve("config.pbtxt"), config);
    graph.write(home.resolve("1").resolve("model.onnx"));
  }

  private static void awaitReady(String model) {
    await()
        .atMost(LOADED)
        .ignoreExceptions()
        .until(
            () ->
                HTTP.send(
                            HttpRequest.newBuilder(
                                    URI.create(gateway.url() + "/v2/models/" + model + "/ready"))
                                .build(),
                            BodyHandlers.discarding())
                        .statusCode()
                    == 200);
  }

  private static HttpRequest request(String model, long x, String parameters) {
    return HttpRequest.newBuilder(URI.create(gateway.url() + "/v2/models/" + model + "/infer"))
        .header("Accept", "text/event-stream")
        .POST(
            BodyPublishers.ofString(
                """
                {"parameters": {%s}, "inputs":
                  [{"name": "x", "shape": [1, 1], "datatype": "INT64", "data": [%d]}]}
                """
                    .formatted(parameters, x)))
        .build();
  }

  private static List<JsonNode> events(HttpResponse<java.util.stream.Stream<String>> response) {
    return response
        .body()
        .filter(line -> line.startsWith("data: "))
        .map(StreamsEndToEndTest::json)
        .toList();
  }

  private static JsonNode json(String line) {
    try {
      return JSON.readTree(line.substring("data: ".length()));
    } catch (IOException e) {
      throw new AssertionError(line, e);
    }
  }

  @Test
  void theChunksOfAnAnswerComeAsEventsInTheirOrder() throws Exception {
    List<JsonNode> events = events(HTTP.send(request("counter", 0, ""), BodyHandlers.ofLines()));

    assertThat(events)
        .extracting(event -> event.at("/outputs/0/data/0").longValue())
        .containsExactly(1L, 2L, 3L, 4L, 5L);
    assertThat(events)
        .extracting(event -> event.at("/parameters/triton_final_response").booleanValue())
        .containsExactly(false, false, false, false, true);
  }

  @Test
  void whatIsRefusedBeforeTheFirstChunkIsAnErrorAsUsual() throws Exception {
    HttpResponse<String> refused =
        HTTP.send(request("counter", 0, "\"max_steps\": \"x\""), BodyHandlers.ofString());

    assertThat(refused.statusCode()).isBetween(400, 599);
    assertThat(refused.body()).contains("max_steps");
  }

  private static JsonNode next(String model, String sequence, int x, String flags)
      throws Exception {
    HttpRequest request =
        HttpRequest.newBuilder(URI.create(gateway.url() + "/v2/models/" + model + "/infer"))
            .POST(
                BodyPublishers.ofString(
                    """
                    {"parameters": {"sequence_id": "%s"%s}, "inputs":
                      [{"name": "x", "shape": [1, 1], "datatype": "FP32", "data": [%d]}]}
                    """
                        .formatted(sequence, flags, x)))
            .build();
    return JSON.readTree(HTTP.send(request, BodyHandlers.ofString()).body());
  }

  private static double sum(JsonNode answer) {
    assertThat(answer.has("error")).as(answer.toString()).isFalse();
    return answer.at("/outputs/0/data/0").doubleValue();
  }

  @Test
  void aSequenceGoesOnFromWhereItWasWhicheverWorkerHasIt() throws Exception {
    Map<String, String> settings =
        Map.of(
            WorkerConfig.BOOTSTRAP_SERVERS, platform.endpoints().bootstrapServers(),
            WorkerConfig.SCHEMA_REGISTRY_URL, platform.endpoints().schemaRegistryUrl(),
            WorkerConfig.POOLS, "default");
    SimpleMeterRegistry meters = new SimpleMeterRegistry();
    int sequences = 8;
    try (InferenceWorker other = new InferenceWorker(new InferenceWorkerConfig(settings), meters)) {
      other.start();
      other.ready().join();
      await().atMost(LOADED).until(() -> other.readyTargets().size() == 3);
      for (int i = 0; i < sequences; i++) {
        assertThat(sum(next("total", "both" + i, i, ", \"sequence_start\": true")))
            .isEqualTo(1_000 + i);
      }
      // Until the other worker has partitions of its own.
      int[] rounds = {0};
      await()
          .atMost(LOADED)
          .until(
              () -> {
                rounds[0]++;
                for (int i = 0; i < sequences; i++) {
                  assertThat(sum(next("total", "both" + i, 1, ""))).isEqualTo(i + rounds[0]);
                }
                return meters.get("millrace.worker.run").timer().count() >= 2L * sequences;
              });
      other.drain(Duration.ofSeconds(5));
      for (int i = 0; i < sequences; i++) {
        assertThat(sum(next("total", "both" + i, 1, ", \"sequence_end\": true")))
            .isEqualTo(i + rounds[0] + 1);
        assertThat(next("total", "both" + i, 1, "").path("code").asText())
            .isEqualTo("SEQUENCE_UNKNOWN");
      }
    }
  }

  @Test
  void anIdleSequenceGoesAndBeginsAgainFromNothing() throws Exception {
    sum(next("brief", "idle", 5, ", \"sequence_start\": true"));

    await()
        .pollInterval(Duration.ofMillis(600))
        .until(() -> next("brief", "idle", 1, "").path("code").asText().equals("SEQUENCE_UNKNOWN"));
    assertThat(sum(next("brief", "idle", 2, ", \"sequence_start\": true"))).isEqualTo(1_002);
    assertThat(next("total", "never", 1, "").path("error").asText()).contains("never");
    assertThat(
            HTTP.send(request("counter", 0, "\"sequence_id\": 3"), BodyHandlers.ofString()).body())
        .contains("SEQUENCE_UNSUPPORTED");
  }

  @Test
  void aClientThatGoesAwayEndsTheRun() throws Exception {
    // It would count on for twenty thousand steps.
    HttpResponse<InputStream> response =
        HTTP.send(request("counter", 10, ""), BodyHandlers.ofInputStream());
    try (BufferedReader lines =
        new BufferedReader(new InputStreamReader(response.body(), StandardCharsets.UTF_8))) {
      assertThat(lines.readLine()).startsWith("id: 0");
    }

    await()
        .atMost(Duration.ofSeconds(20))
        .untilAsserted(
            () ->
                assertThat(
                        HTTP.send(
                                HttpRequest.newBuilder(URI.create(gateway.url() + "/metrics"))
                                    .build(),
                                BodyHandlers.ofString())
                            .body())
                    .contains("millrace_gateway_waiting 0.0"));
  }
}
