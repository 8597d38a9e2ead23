package io.millrace.platform.embedded;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import io.millrace.events.TensorDatatype;
import io.millrace.inference.onnx.OnnxGraph;
import io.millrace.inference.onnx.SeededModels;
import io.millrace.platform.cli.Millrace;
import io.millrace.platform.cli.Terminal;
import io.millrace.platform.packaging.ModelPackage;
import io.millrace.platform.provision.Provisioner;
import io.millrace.schemas.topics.Topics;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
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

/** Models of a repository, called through the gateway and the log. */
@Timeout(180)
class ModelsEndToEndTest {
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
    put(SeededModels.tiny(), "tiny", 1);
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
    awaitReady("tiny/versions/1");
  }

  @AfterAll
  static void stop() {
    platform.close();
  }

  private static void put(OnnxGraph graph, String model, int version) throws IOException {
    Path home = models.resolve(model).resolve(Integer.toString(version));
    Files.createDirectories(home);
    graph.write(home.resolve("model.onnx"));
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

  private static byte[] tiny(int first) {
    String row = "%d,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16".formatted(first);
    return """
        {"id": "r1", "inputs": [
          {"name": "INPUT0", "shape": [1, 16], "datatype": "INT32", "data": [[%s]]},
          {"name": "INPUT1", "shape": [1, 16], "datatype": "INT32", "data": [%s]}]}
        """
        .formatted(row, row)
        .getBytes(StandardCharsets.UTF_8);
  }

  @Test
  void aModelOfTheRepositoryAnswers() throws Exception {
    HttpResponse<byte[]> response = infer("tiny", tiny(21));

    assertThat(response.statusCode())
        .as(new String(response.body(), StandardCharsets.UTF_8))
        .isEqualTo(200);
    JsonNode answer = JSON.readTree(response.body());
    assertThat(answer.path("model_name").textValue()).isEqualTo("tiny");
    assertThat(answer.path("id").textValue()).isEqualTo("r1");
    assertThat(answer.at("/outputs/0/data/0").intValue()).isEqualTo(42);
    assertThat(answer.at("/outputs/1/data/0").intValue()).isZero();
  }

  @Test
  void aVersionThatIsDroppedInTakesOverAndTheOldOneIsGone() throws Exception {
    put(SeededModels.tiny(), "newer", 1);
    awaitReady("newer/versions/1");
    put(SeededModels.tiny(), "newer", 2);
    awaitReady("newer/versions/2");

    JsonNode answer = JSON.readTree(infer("newer", tiny(1)).body());
    assertThat(answer.path("model_version").textValue()).isEqualTo("2");
    await().atMost(LOADED).until(() -> infer("newer/versions/1", tiny(1)).statusCode() == 404);
  }

  @Test
  void aFileThatIsNoModelIsNotServedAndTheOthersGoOn() throws Exception {
    Path home = Files.createDirectories(models.resolve("broken").resolve("1"));
    Files.writeString(home.resolve("model.onnx"), "this is no model");
    put(SeededModels.tiny(), "after", 1);
    awaitReady("after/versions/1");

    assertThat(infer("broken", tiny(1)).statusCode()).isEqualTo(404);
    assertThat(infer("after", tiny(1)).statusCode()).isEqualTo(200);
  }

  @Test
  void inputsThatAreTooLargeForTheTaskAreReadFromTheLog() throws Exception {
    OnnxGraph graph = new OnnxGraph("bytes");
    String x = graph.input("x", TensorDatatype.UINT8, -1, LARGE);
    graph.node("Identity", Map.of(), List.of(x), List.of("y"));
    graph.output("y", TensorDatatype.UINT8, -1, LARGE);
    put(graph, "bytes", 1);
    awaitReady("bytes/versions/1");
    byte[] json =
        """
        {"inputs": [{"name": "x", "shape": [1, %d], "datatype": "UINT8",
          "parameters": {"binary_data_size": %d}}],
         "outputs": [{"name": "y", "parameters": {"binary_data": true}}]}
        """
            .formatted(LARGE, LARGE)
            .getBytes(StandardCharsets.UTF_8);
    byte[] body = Arrays.copyOf(json, json.length + LARGE);
    body[body.length - 1] = 7;

    HttpResponse<byte[]> response =
        infer("bytes", body, "Inference-Header-Content-Length", Integer.toString(json.length));

    assertThat(response.statusCode()).isEqualTo(200);
    byte[] answer = response.body();
    assertThat(answer.length).isGreaterThan(LARGE);
    assertThat(answer[answer.length - 1]).isEqualTo((byte) 7);
    assertThat(answer[answer.length - 2]).isZero();
  }

  @Test
  void aModelIsUnloadedAndLoadedAgainByRequest() throws Exception {
    put(SeededModels.tiny(), "shelf", 1);
    awaitReady("shelf/versions/1");

    assertThat(post("/v2/repository/models/shelf/unload").statusCode()).isEqualTo(200);
    HttpResponse<byte[]> refused = infer("shelf", tiny(1));
    assertThat(refused.statusCode()).isEqualTo(503);
    assertThat(JSON.readTree(refused.body()).path("code").textValue()).isEqualTo("MODEL_UNLOADED");
    assertThat(get("/v2/models/shelf/ready").statusCode()).isEqualTo(503);

    assertThat(post("/v2/repository/models/shelf/load").statusCode()).isEqualTo(200);
    assertThat(infer("shelf", tiny(1)).statusCode()).isEqualTo(200);
  }

  private static HttpResponse<String> post(String path) throws IOException, InterruptedException {
    return HTTP.send(
        HttpRequest.newBuilder(URI.create(gateway.url() + path))
            .POST(BodyPublishers.noBody())
            .build(),
        BodyHandlers.ofString());
  }

  @Test
  void aModelOfAnotherServerIsCalledLikeOnesOwn(@TempDir Path directory) throws Exception {
    Path file = directory.resolve("targets.yaml");
    Files.writeString(
        file,
        "targets: [{name: mirror, kind: model, idempotent: true, oip: {url: '%s', model: tiny}}]"
            .formatted(gateway.url()));
    StringWriter out = new StringWriter();
    int code =
        Millrace.commandLine(new PrintWriter(out), new PrintWriter(out), Terminal.none())
            .execute(
                "apply",
                "-f",
                file.toString(),
                "--bootstrap",
                platform.endpoints().bootstrapServers(),
                "--registry",
                platform.endpoints().schemaRegistryUrl());
    assertThat(code).as(out.toString()).isZero();
    awaitReady("mirror/versions/1");

    assertThat(get("/v2/models/mirror").body()).contains("INPUT0", "INPUT1", "OUTPUT0");
    HttpResponse<byte[]> response = infer("mirror", tiny(21));
    JsonNode answer = JSON.readTree(response.body());
    assertThat(response.statusCode()).as(answer.toString()).isEqualTo(200);
    assertThat(answer.path("model_name").textValue()).isEqualTo("mirror");
    assertThat(answer.at("/outputs/0/data/0").intValue()).isEqualTo(42);
  }

  @Test
  void anInputThatDoesNotFitIsNamed() throws Exception {
    byte[] body =
        """
        {"inputs": [
          {"name": "INPUT0", "shape": [1, 15], "datatype": "INT32", "data": [1,2,3,4,5,6,7,8,9,10,11,12,13,14,15]},
          {"name": "INPUT1", "shape": [1, 16], "datatype": "INT32", "data": [1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16]}]}
        """
            .getBytes(StandardCharsets.UTF_8);

    HttpResponse<byte[]> response = infer("tiny", body);

    assertThat(response.statusCode()).isBetween(400, 499);
    assertThat(JSON.readTree(response.body()).path("error").textValue()).contains("INPUT0");
  }

  @Test
  void theSmokeTestOfAPackagedModelTellsWhetherItIsServed(@TempDir Path folder) throws Exception {
    assumeTrue(Files.isExecutable(Path.of("/usr/bin/curl")), "the script needs curl");
    put(SeededModels.tiny(), "packaged", 1);
    awaitReady("packaged/versions/1");
    int unused =
        ModelPackage.of(models.resolve("packaged"), "", "base:1").write("", folder.resolve("out"));

    assertThat(smoke(folder, gateway.url()))
        .startsWith("0 smoke test: " + gateway.url() + "/v2/models/packaged answers: {");
    assertThat(smoke(folder, gateway.url() + "/none")).startsWith("1 smoke test: ");
  }

  private static String smoke(Path folder, String url) throws Exception {
    Process process =
        new ProcessBuilder(folder.resolve("out/smoke-test.sh").toString(), url, "1")
            .redirectErrorStream(true)
            .start();
    String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    return process.waitFor() + " " + said;
  }
}
