package io.millrace.platform.embedded;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import io.millrace.gateway.Gateway;
import io.millrace.gateway.GatewayConfig;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The whole platform, seen through the gateway. */
@Timeout(180)
class GatewayEndToEndTest {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final HttpClient HTTP = HttpClient.newHttpClient();

  private static EmbeddedPlatform platform;
  private static Gateway gateway;

  @BeforeAll
  static void start(@TempDir Path shared) throws Exception {
    PrometheusMeterRegistry meters = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
    platform = PlatformEndToEndTest.start(shared, meters);
    try (WireClient client = new WireClient(platform.endpoints())) {
      PlatformEndToEndTest.register(client);
    }
    gateway =
        Gateway.start(
            new GatewayConfig(
                Map.of(
                    GatewayConfig.BOOTSTRAP_SERVERS, platform.endpoints().bootstrapServers(),
                    GatewayConfig.SCHEMA_REGISTRY_URL, platform.endpoints().schemaRegistryUrl(),
                    GatewayConfig.PORT, "0")),
            meters);
    gateway.ready().get(30, TimeUnit.SECONDS);
  }

  @AfterAll
  static void stop() {
    gateway.close();
    platform.close();
  }

  private static HttpRequest.Builder post(String path, String body) {
    return HttpRequest.newBuilder(URI.create(gateway.url() + path))
        .POST(BodyPublishers.ofString(body));
  }

  private static HttpResponse<String> send(HttpRequest.Builder request)
      throws IOException, InterruptedException {
    return HTTP.send(request.build(), BodyHandlers.ofString());
  }

  private static JsonNode json(HttpResponse<String> response) throws IOException {
    return JSON.readTree(response.body());
  }

  @Test
  void aToolIsCalled() throws Exception {
    HttpResponse<String> response =
        send(post("/v1/tools/echo/calls", "{\"city\": \"Oslo\", \"n\": 12345678901234567}"));

    assertThat(response.statusCode()).as(response.body()).isEqualTo(200);
    assertThat(json(response).at("/output/city").textValue()).isEqualTo("Oslo");
    assertThat(json(response).path("served_by").textValue()).isEqualTo("WORKER");
  }

  @Test
  void aPlanIsRun() throws Exception {
    HttpResponse<String> response =
        send(
            post(
                "/v1/plans",
                """
                {"calls": [
                  {"name": "w", "target": "echo", "arguments": {"temp_c": 21.5}},
                  {"name": "a", "target": "echo", "arguments": {"t": "${w.temp_c}"}}]}
                """));

    assertThat(response.statusCode()).as(response.body()).isEqualTo(200);
    assertThat(json(response).at("/calls/1/output/t").doubleValue()).isEqualTo(21.5);
  }

  @Test
  void aToolThatIsNotDeclaredIsNotFound() throws Exception {
    HttpResponse<String> response = send(post("/v1/tools/nowhere/calls", "{}"));

    assertThat(response.statusCode()).as(response.body()).isEqualTo(404);
    assertThat(json(response).path("code").textValue()).isEqualTo("TARGET_UNKNOWN");
  }

  @Test
  void argumentsThatAreNoJsonAreRefused() throws Exception {
    HttpResponse<String> response = send(post("/v1/tools/echo/calls", "{\"city\":"));

    assertThat(response.statusCode()).as(response.body()).isEqualTo(400);
    assertThat(json(response).path("code").textValue()).isEqualTo("ARGUMENTS_INVALID");
  }

  @Test
  void whatOneClientProducesAnotherSeesLive() throws Exception {
    HttpResponse<Stream<String>> events =
        HTTP.send(
            HttpRequest.newBuilder(URI.create(gateway.url() + "/v1/events?topics=tool.results"))
                .build(),
            BodyHandlers.ofLines());
    CompletableFuture<String> seen =
        CompletableFuture.supplyAsync(
            () ->
                events
                    .body()
                    .filter(line -> line.contains("\\\"live\\\""))
                    .findFirst()
                    .orElse("nothing"));

    await()
        .until(
            () -> {
              send(
                  post(
                      "/v1/topics/tool.calls/records",
                      "{\"records\":[{\"value\":{\"target\":\"echo\",\"arguments\":\"{\\\"live\\\":1}\"}}]}"));
              return seen.isDone();
            });
    assertThat(seen.get()).contains("\"outcome\":\"OK\"");
  }
}
