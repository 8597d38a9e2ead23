package io.millrace.platform.embedded;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import io.millrace.events.TensorDatatype;
import io.millrace.inference.onnx.OnnxGraph;
import io.millrace.platform.provision.Provisioner;
import io.millrace.schemas.topics.Topics;
import java.io.IOException;
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
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.admin.NewTopic;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Ensembles of a repository's models, called through the gateway. */
@Timeout(180)
class EnsemblesEndToEndTest {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final HttpClient HTTP = HttpClient.newHttpClient();
  private static final Duration LOADED = Duration.ofSeconds(60);
  private static final int LARGE = 300 << 10;

  private static Path models;
  private static GatewayPart gateway;
  private static EmbeddedPlatform platform;

  @BeforeAll
  static void start(@TempDir Path shared) throws IOException {
    models = Files.createDirectory(shared.resolve("models"));
    plus("one", 1);
    plus("ten", 10);
    PrometheusMeterRegistry meters = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
    gateway = new GatewayPart(meters, 0, Map.of());
    List<NewTopic> topics = Topics.all().stream().map(Provisioner::embedded).toList();
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
  }

  @AfterAll
  static void stop() {
    platform.close();
  }

  /** A model that adds a number to each of two. */
  private static void plus(String model, float number) throws IOException {
    OnnxGraph graph = new OnnxGraph(model);
    String x = graph.input("x", TensorDatatype.FP32, -1, 2);
    String more = graph.floats(new float[] {number, number}, 2);
    graph.node("Add", Map.of(), List.of(x, more), List.of("y"));
    graph.output("y", TensorDatatype.FP32, -1, 2);
    Path home = Files.createDirectories(models.resolve(model).resolve("1"));
    graph.write(home.resolve("model.onnx"));
  }

  private static void ensemble(String name, String config, String more) throws IOException {
    Path home = Files.createDirectories(models.resolve(name));
    if (!more.isEmpty()) {
      Files.writeString(home.resolve("millrace.yaml"), more);
    }
    Files.writeString(
        home.resolve("config.pbtxt"),
        """
        platform: "ensemble"
        max_batch_size: 8
        input [{ name: "in" data_type: TYPE_FP32 dims: [2] }]
        output [{ name: "out" data_type: TYPE_FP32 dims: [2] }]
        """
            + config);
  }

  private static void awaitReady(String model) {
    await()
        .atMost(LOADED)
        .ignoreExceptions()
        .until(() -> get("/v2/models/" + model + "/ready").statusCode() == 200);
  }

  private static HttpResponse<String> get(String path) throws IOException, InterruptedException {
    return HTTP.send(
        HttpRequest.newBuilder(URI.create(gateway.url() + path)).build(), BodyHandlers.ofString());
  }

  private static HttpResponse<byte[]> infer(String model, byte[] body, String... headers)
      throws IOException, InterruptedException {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(URI.create(gateway.url() + "/v2/models/" + model + "/infer"))
            .POST(BodyPublishers.ofByteArray(body));
    if (headers.length > 0) {
      request.headers(headers);
    }
    return HTTP.send(request.build(), BodyHandlers.ofByteArray());
  }

  private static JsonNode infer(String model, double value) throws Exception {
    byte[] body =
        """
        {"inputs": [{"name": "in", "shape": [1, 2], "datatype": "FP32", "data": [%s, 0]}]}
        """
            .formatted(value)
            .getBytes(StandardCharsets.UTF_8);
    HttpResponse<byte[]> response = infer(model, body);
    assertThat(response.statusCode())
        .as(new String(response.body(), StandardCharsets.UTF_8))
        .isEqualTo(200);
    return JSON.readTree(response.body());
  }

  private static double first(JsonNode answer) {
    return answer.at("/outputs/0/data/0").doubleValue();
  }

  @Test
  void tritonsEnsembleSchedulingWorksAsItIs() throws Exception {
    ensemble(
        "pipeline",
        """
        ensemble_scheduling {
          step [
            {
              model_name: "ten" model_version: -1
              input_map { key: "x" value: "between" }
              output_map { key: "y" value: "out" }
            },
            {
              model_name: "one" model_version: -1
              input_map { key: "x" value: "in" }
              output_map { key: "y" value: "between" }
            }
          ]
        }
        """,
        "");
    awaitReady("pipeline");

    JsonNode answer = infer("pipeline", 5);

    assertThat(answer.path("model_name").textValue()).isEqualTo("pipeline");
    assertThat(answer.at("/outputs/0/name").textValue()).isEqualTo("out");
    assertThat(first(answer)).isEqualTo(16);
    assertThat(JSON.readTree(get("/v2/models/pipeline").body()).path("platform").textValue())
        .isEqualTo("ensemble");
  }

  @Test
  void conditionsAndCombinationsRunInOneTask() throws Exception {
    ensemble(
        "cascade",
        "",
        """
        steps:
          - {name: small, model: one, inputs: {x: in}, outputs: {y: quick}}
          - {name: large, model: ten, when: quick.confidence < 50.0, inputs: {x: in}, outputs: {y: slow}}
          - {name: best, first: [slow, quick], output: chosen}
          - {name: scaled, affine: chosen, scale: [2], output: out}
        """);
    awaitReady("cascade");

    assertThat(first(infer("cascade", 5))).as("unsure: the large one").isEqualTo(30);
    assertThat(first(infer("cascade", 100))).as("sure: the small one").isEqualTo(202);
  }

  @Test
  void aSplitRunsInPartsAndSaysWhichModelServed() throws Exception {
    ensemble(
        "split",
        "",
        """
        steps:
          - {name: before, sigmoid: in, output: squeezed}
          - {name: which, split: {one: 50, ten: 50}, inputs: {x: in}, outputs: {y: made}}
          - {name: both, mean: [made, squeezed], output: out}
        """);
    awaitReady("split");

    boolean one = false;
    boolean ten = false;
    for (int i = 0; i < 60 && !(one && ten); i++) {
      JsonNode answer = infer("split", 100);
      double value = first(answer);
      assertThat(value).isIn(51.0, 55.5);
      one |= value == 51;
      ten |= value == 55.5;
      assertThat(answer.path("parameters").toString()).contains("model:split/which.");
    }
    assertThat(one && ten).as("both served").isTrue();
    assertThat(get("/v2/repository/index").body()).doesNotContain("split/");
  }

  @Test
  void aSelectionLearnsThatTheCheaperModelSaysTheSame() throws Exception {
    OnnxGraph graph = new OnnxGraph("costly");
    String sum =
        graph.node(
            "Add",
            graph.input("x", TensorDatatype.FP32, -1, 2),
            graph.floats(new float[] {1, 1}, 2));
    String same = graph.floats(new float[] {1, 0, 0, 1}, 2, 2);
    for (int i = 0; i < 500; i++) {
      sum = graph.node("MatMul", sum, same);
    }
    graph.node("Identity", Map.of(), List.of(sum), List.of("y"));
    graph.output("y", TensorDatatype.FP32, -1, 2);
    graph.write(
        Files.createDirectories(models.resolve("costly").resolve("1")).resolve("model.onnx"));
    ensemble(
        "cheapest",
        "",
        """
        steps:
          - {name: which, select: [one, costly], objective: 10s, inputs: {x: in}, outputs: {y: out}}
        """);
    awaitReady("cheapest");

    JsonNode answer = infer("cheapest", 5);
    assertThat(answer.path("parameters").toString()).contains("which.costly", "NOTHING_PROVEN");
    for (int i = 0; i < 1_000 && !served(answer).contains("which.one"); i++) {
      answer = infer("cheapest", i);
      assertThat(first(answer)).isEqualTo(i + 1.0);
    }
    assertThat(served(answer)).contains("which.one");
    assertThat(answer.at("/parameters/why.which").textValue()).startsWith("CHEAPEST_PROVEN");
  }

  private static String served(JsonNode answer) {
    return answer.at("/parameters/served.which").textValue();
  }

  @Test
  void partsReadInputsThatAreTooLargeForATaskFromTheLog() throws Exception {
    OnnxGraph graph = new OnnxGraph("bytes");
    String x = graph.input("x", TensorDatatype.UINT8, -1, LARGE);
    graph.node("Identity", Map.of(), List.of(x), List.of("y"));
    graph.output("y", TensorDatatype.UINT8, -1, LARGE);
    for (String model : List.of("bytes", "bytes-too")) {
      Path home = Files.createDirectories(models.resolve(model).resolve("1"));
      graph.write(home.resolve("model.onnx"));
    }
    Path large = Files.createDirectories(models.resolve("large"));
    Files.writeString(
        large.resolve("millrace.yaml"),
        """
        steps:
          - {fallback: [bytes, bytes-too], inputs: {x: in}, outputs: {y: made}}
          - {first: [made, in], output: out}
        """);
    Files.writeString(
        large.resolve("config.pbtxt"),
        """
        platform: "ensemble"
        max_batch_size: 8
        input [{ name: "in" data_type: TYPE_UINT8 dims: [%d] }]
        output [{ name: "out" data_type: TYPE_UINT8 dims: [%d] }]
        """
            .formatted(LARGE, LARGE));
    awaitReady("large");
    byte[] json =
        """
        {"inputs": [{"name": "in", "shape": [1, %d], "datatype": "UINT8",
          "parameters": {"binary_data_size": %d}}],
         "outputs": [{"name": "out", "parameters": {"binary_data": true}}]}
        """
            .formatted(LARGE, LARGE)
            .getBytes(StandardCharsets.UTF_8);
    byte[] body = Arrays.copyOf(json, json.length + LARGE);
    body[body.length - 1] = 7;

    HttpResponse<byte[]> response =
        infer("large", body, "Inference-Header-Content-Length", Integer.toString(json.length));

    assertThat(response.statusCode()).isEqualTo(200);
    byte[] answer = response.body();
    assertThat(answer.length).isGreaterThan(LARGE);
    assertThat(answer[answer.length - 1]).isEqualTo((byte) 7);
  }

  @Test
  void anEnsembleThatDoesNotDoIsNotServedAndTheOthersGoOn() throws Exception {
    ensemble(
        "circle",
        "",
        """
        steps:
          - {model: one, inputs: {x: b}, outputs: {y: a}}
          - {model: ten, inputs: {x: a}, outputs: {y: b}}
          - {mean: [a, b, in], output: out}
        """);
    ensemble("after", "", "steps: [{model: one, inputs: {x: in}, outputs: {y: out}}]");
    awaitReady("after");

    assertThat(get("/v2/models/circle").statusCode()).isEqualTo(404);
    assertThat(first(infer("after", 1))).isEqualTo(2);
  }
}
