package io.millrace.toolworker.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.millrace.events.HttpTool;
import io.millrace.toolworker.FakeCall;
import io.millrace.toolworker.ToolException;
import io.millrace.toolworker.template.Json;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.http.HttpClient;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.jspecify.annotations.NullUnmarked;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** HTTP tools against a real server. */
@NullUnmarked
@Timeout(30)
class HttpRequestToolTest {

  private final FakeCall call = new FakeCall();
  private final HttpClient client = HttpClient.newHttpClient();
  private final ExecutorService threads = Executors.newCachedThreadPool();
  private final CountDownLatch hung = new CountDownLatch(1);
  private final CountDownLatch release = new CountDownLatch(1);
  private final CountDownLatch broken = new CountDownLatch(1);
  private HttpServer server;
  private String base;

  @BeforeEach
  void start() throws IOException {
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.setExecutor(threads);
    server.createContext("/", this::answer);
    server.start();
    base = "http://127.0.0.1:" + server.getAddress().getPort();
  }

  @AfterEach
  void stop() {
    release.countDown();
    server.stop(0);
    threads.shutdownNow();
    call.close();
  }

  /** /echo says what was asked; /status/N answers N; /endless never ends; /hang never begins. */
  private void answer(HttpExchange exchange) throws IOException {
    String path = exchange.getRequestURI().getRawPath();
    String body = new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8);
    if (path.startsWith("/status/")) {
      exchange.getResponseHeaders().set("Location", "/echo");
      send(exchange, Integer.parseInt(path.substring(8)), "text/plain", "no luck");
    } else if (path.startsWith("/as/")) {
      send(exchange, 200, exchange.getRequestURI().getQuery(), "{\"x\":1.50}");
    } else if (path.startsWith("/endless")) {
      exchange.getResponseHeaders().set("Content-Type", "text/plain");
      exchange.sendResponseHeaders(200, 0);
      try (OutputStream out = exchange.getResponseBody()) {
        while (true) {
          out.write(new byte[65536]);
        }
      } catch (IOException e) {
        broken.countDown();
      }
    } else if (path.startsWith("/hang")) {
      hung.countDown();
      try {
        release.await();
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
      exchange.close();
    } else {
      ObjectNode said = (ObjectNode) Json.parse("{}");
      said.put("method", exchange.getRequestMethod())
          .put("uri", exchange.getRequestURI().toString())
          .put("key", exchange.getRequestHeaders().getFirst("X-Key"))
          .put("type", exchange.getRequestHeaders().getFirst("Content-Type"))
          .put("body", body);
      send(exchange, 200, "application/json", Json.text(said));
    }
  }

  private static void send(HttpExchange exchange, int status, String type, String text)
      throws IOException {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    if (type != null) {
      exchange.getResponseHeaders().set("Content-Type", type);
    }
    exchange.sendResponseHeaders(status, status == 204 || status == 304 ? -1 : bytes.length);
    if (status != 204 && status != 304) {
      exchange.getResponseBody().write(bytes);
    }
    exchange.close();
  }

  private CompletableFuture<JsonNode> start(HttpTool.Builder declaration, String arguments) {
    return new HttpRequestTool(
            "tool:t",
            declaration.build(),
            client,
            name -> name.equals("KEY") ? "s3cret" : name.equals("BAD") ? "a\r\nX-Evil: 1" : null)
        .call((ObjectNode) Json.parse(arguments), call)
        .toCompletableFuture()
        .thenApply(node -> (JsonNode) node);
  }

  private JsonNode run(HttpTool.Builder declaration, String arguments) {
    return start(declaration, arguments).join();
  }

  private static HttpTool.Builder http(String method, String url) {
    return HttpTool.newBuilder().setMethod(method).setUrl(url);
  }

  private static ToolException failure(Runnable call) {
    try {
      call.run();
    } catch (CompletionException e) {
      return (ToolException) e.getCause();
    } catch (ToolException e) {
      return e;
    }
    throw new AssertionError("The call did not fail");
  }

  @Test
  void aGetTakesItsArgumentsInTheUrlAndHeaders() {
    JsonNode said =
        run(
            http("get", base + "/echo/{city}?n={n}").setHeaders(Map.of("X-Key", "${env:KEY} {n}")),
            "{\"city\":\"São Paulo\",\"n\":3}");
    assertThat(said.path("method").asText()).isEqualTo("GET");
    assertThat(said.path("uri").asText()).isEqualTo("/echo/S%C3%A3o%20Paulo?n=3");
    assertThat(said.path("key").asText()).isEqualTo("s3cret 3");
    assertThat(said.path("body").asText()).isEmpty();
  }

  @Test
  void aPostSendsTheArgumentsThatTheUrlDidNotTake() {
    JsonNode said = run(http("POST", base + "/echo/{a}"), "{\"a\":1,\"b\":{\"c\":2.50}}");
    assertThat(said.path("body").asText()).isEqualTo("{\"b\":{\"c\":2.50}}");
    assertThat(said.path("type").asText()).isEqualTo("application/json");
  }

  @Test
  void aJsonBodyKeepsTypesAndNoArgumentEscapesIt() {
    JsonNode said =
        run(
            http("POST", base + "/echo").setBody("{\"q\":\"{q}\",\"n\":\"{n}\",\"t\":\"is {n}\"}"),
            "{\"q\":\"\\\",\\\"admin\\\":\\\"1\",\"n\":4}");
    assertThat(Json.parse(said.path("body").asText()))
        .isEqualTo(Json.parse("{\"q\":\"\\\",\\\"admin\\\":\\\"1\",\"n\":4,\"t\":\"is 4\"}"));
  }

  @Test
  void aFormBodyIsEncoded() {
    JsonNode said =
        run(
            http("POST", base + "/echo")
                .setHeaders(Map.of("Content-Type", "application/x-www-form-urlencoded"))
                .setBody("q={q}&x=1"),
            "{\"q\":\"a&x=2\"}");
    assertThat(said.path("body").asText()).isEqualTo("q=a%26x%3D2&x=1");
  }

  @Test
  void aLineEndCannotBePutIntoAHeader() {
    assertThat(
            failure(
                    () ->
                        run(
                            http("GET", base + "/echo").setHeaders(Map.of("X-Key", "{k}")),
                            "{\"k\":\"a\\r\\nX-Evil: 1\"}"))
                .code())
        .isEqualTo("ARGUMENTS_INVALID");
    assertThat(
            failure(
                () ->
                    run(
                        http("GET", base + "/echo").setHeaders(Map.of("X-Key", "${env:BAD}")),
                        "{}")))
        .hasMessageNotContaining("X-Evil");
  }

  @ParameterizedTest
  @CsvSource({
    "500,true",
    "503,true",
    "429,true",
    "408,true",
    "400,false",
    "404,false",
    "302,false",
    "304,false"
  })
  void aStatusThatIsNotSuccessIsAFailureUnderItsOwnName(int status, boolean retryable) {
    ToolException failure = failure(() -> run(http("GET", base + "/status/" + status), "{}"));
    assertThat(failure.code()).isEqualTo("HTTP_" + status);
    assertThat(failure.retryable()).isEqualTo(retryable);
    if (status != 304) {
      assertThat(failure).hasMessageContaining("no luck");
    }
  }

  @Test
  void jsonStaysJsonAndTextBecomesAString() {
    assertThat(run(http("GET", base + "/as/?application/json"), "{}"))
        .isEqualTo(Json.parse("{\"x\":1.50}"));
    assertThat(run(http("GET", base + "/as/?text/plain"), "{}").textValue())
        .isEqualTo("{\"x\":1.50}");
    assertThat(run(http("GET", base + "/status/204"), "{}")).isNull();
  }

  @Test
  void aResponseThatIsTooLongIsBrokenOff() throws InterruptedException {
    ToolException failure =
        failure(() -> run(http("GET", base + "/endless").setResponseBytesMax(100_000), "{}"));
    assertThat(failure.code()).isEqualTo("RESPONSE_TOO_LARGE");
    assertThat(failure.retryable()).isFalse();
    broken.await();
  }

  @Test
  void aServerThatIsNotThereMayBeTriedAgain() throws IOException {
    int port;
    try (ServerSocket socket = new ServerSocket(0)) {
      port = socket.getLocalPort();
    }
    ToolException failure = failure(() -> run(http("GET", "http://127.0.0.1:" + port), "{}"));
    assertThat(failure.code()).isEqualTo("CONNECT_FAILED");
    assertThat(failure.retryable()).isTrue();
  }

  @Test
  void cancellingEndsARequestThatHangs() throws InterruptedException {
    CompletableFuture<JsonNode> hanging = start(http("GET", base + "/hang"), "{}");
    hung.await();
    assertThat(hanging).isNotDone();
    call.cancellation().cancel();
    await().until(hanging::isDone);
    assertThat(hanging).isCompletedExceptionally();
  }

  @Test
  void aDeclarationThatCannotWorkIsRefused() {
    assertThat(failure(() -> run(http("GET IT", base), "{}")).code()).isEqualTo("TARGET_INVALID");
    assertThat(failure(() -> run(http("GET", base).setHeaders(Map.of("Host", "x")), "{}")).code())
        .isEqualTo("TARGET_INVALID");
    assertThatThrownBy(
            () ->
                run(
                    http("POST", base)
                        .setHeaders(Map.of("Content-Type", "application/json"))
                        .setBody("{\"a\":{n}}"),
                    "{\"n\":1}"))
        .hasMessageContaining("\"{name}\"");
  }
}
