package io.millrace.gateway;

import static io.millrace.gateway.GatewayBench.json;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.millrace.events.Cancel;
import io.millrace.events.Failure;
import io.millrace.events.Outcome;
import io.millrace.events.PlannedResult;
import io.millrace.events.Rejection;
import io.millrace.events.ServedBy;
import io.millrace.events.ToolCall;
import io.millrace.events.ToolPlan;
import io.millrace.events.ToolPlanResult;
import io.millrace.events.ToolResult;
import io.millrace.schemas.topics.Topics;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.apache.avro.specific.SpecificRecord;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class GatewayTest {
  private static GatewayBench bench;

  @BeforeAll
  static void start(@TempDir Path directory) throws Exception {
    bench =
        new GatewayBench(
            directory,
            Map.of(
                "request.bytes.max", "65536",
                "requests.max", "4",
                "request.timeout.ms", "1500",
                "idle.timeout.ms", "1500"));
  }

  @AfterAll
  static void stop() throws Exception {
    bench.close();
  }

  @AfterEach
  void quiet() {
    bench.topologies(record -> {});
  }

  private static void answer(SpecificRecord record) {
    if (record instanceof ToolCall call) {
      boolean fails = call.getTarget().equals("broken");
      bench.write(
          Topics.TOOL_RESULTS,
          call.getReplyPartition(),
          call.getId(),
          ToolResult.newBuilder()
              .setOperationId(call.getId())
              .setTarget("tool:" + call.getTarget())
              .setOutcome(fails ? Outcome.TOOL_ERROR : Outcome.OK)
              .setServedBy(ServedBy.WORKER)
              .setOutput(fails ? null : "{\"echo\":" + call.getArguments() + "}")
              .setFailure(fails ? new Failure("CALL_FAILED", "it is broken") : null)
              .build());
    }
    if (record instanceof ToolPlan plan) {
      bench.write(
          Topics.TOOL_PLAN_RESULTS,
          plan.getReplyPartition(),
          plan.getId(),
          ToolPlanResult.newBuilder()
              .setOperationId(plan.getId())
              .setOutcome(Outcome.OK)
              .setCalls(
                  plan.getCalls().stream()
                      .map(
                          call ->
                              PlannedResult.newBuilder()
                                  .setName(call.getName())
                                  .setOutcome(Outcome.OK)
                                  .setOutput(call.getArguments())
                                  .build())
                      .toList())
              .build());
    }
  }

  @Test
  void aCallIsAnsweredWithWhatTheToolGave() throws Exception {
    bench.topologies(GatewayTest::answer);

    HttpResponse<String> response =
        bench.post(
            "/v1/tools/weather/calls",
            "{\"city\":\"Oslo\"}",
            "X-Tenant",
            "acme",
            "Request-Timeout",
            "5s");

    assertThat(response.statusCode()).as(response.body()).isEqualTo(200);
    assertThat(json(response).at("/output/echo/city").textValue()).isEqualTo("Oslo");
    ToolCall call =
        bench.seen(ToolCall.class).stream()
            .filter(seen -> seen.getTarget().equals("weather"))
            .findFirst()
            .orElseThrow();
    assertThat(call.getTenant()).isEqualTo("acme");
    assertThat(Duration.between(call.getOccurredAt(), call.getDeadlineAt()))
        .isEqualTo(Duration.ofSeconds(5));
  }

  @Test
  void bothVersionsOfHttpAreSpokenOnThePort() throws Exception {
    bench.topologies(GatewayTest::answer);
    for (HttpClient.Version version : HttpClient.Version.values()) {
      HttpClient client = HttpClient.newBuilder().version(version).build();
      for (int i = 0; i < 3; i++) {
        HttpResponse<String> response =
            client.send(
                bench.request("/v1/tools/echo/calls", "{\"i\":" + i + "}"),
                BodyHandlers.ofString());
        assertThat(response.statusCode()).as(response.body()).isEqualTo(200);
        assertThat(response.version()).isEqualTo(version);
      }
    }
  }

  @Test
  void aToolsErrorIsTheGatewaysAnswer() throws Exception {
    bench.topologies(GatewayTest::answer);

    HttpResponse<String> response = bench.post("/v1/tools/broken/calls", "{}");

    assertThat(response.statusCode()).isEqualTo(502);
    assertThat(json(response).path("error").textValue()).isEqualTo("it is broken");
    assertThat(json(response).path("code").textValue()).isEqualTo("CALL_FAILED");
  }

  @Test
  void aPlanMayHaveItsArgumentsAsJson() throws Exception {
    bench.topologies(GatewayTest::answer);

    HttpResponse<String> response =
        bench.post(
            "/v1/plans",
            "{\"calls\":[{\"name\":\"a\",\"target\":\"t\",\"arguments\":{\"x\":[1,2]}}]}");

    assertThat(response.statusCode()).as(response.body()).isEqualTo(200);
    assertThat(json(response).at("/calls/0/output/x/1").intValue()).isEqualTo(2);
  }

  @Test
  void aPlanThatIsNoneIsRefusedWithItsField() throws Exception {
    HttpResponse<String> response = bench.post("/v1/plans", "{\"calls\":[{\"name\":\"a\"}]}");

    assertThat(response.statusCode()).isEqualTo(400);
    assertThat(json(response).path("error").textValue()).contains("calls[0].target: is missing");
  }

  @Test
  void whatIsNotAnsweredInTimeIsCalledOff() throws Exception {
    HttpResponse<String> response =
        bench.post("/v1/tools/silent/calls", "{}", "Request-Timeout", "100ms");

    assertThat(response.statusCode()).isEqualTo(504);
    assertThat(json(response).path("code").textValue()).isEqualTo("NO_ANSWER");
    assertThat(cancelled("silent")).isTrue();
  }

  @Test
  void aClientThatGoesAwayCallsItsOperationOff() throws Exception {
    try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), bench.gateway().port())) {
      socket
          .getOutputStream()
          .write(
              "POST /v1/tools/left/calls HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2\r\n\r\n{}"
                  .getBytes(StandardCharsets.US_ASCII));
      await().until(() -> called("left"));
    }

    await().untilAsserted(() -> assertThat(cancelled("left")).isTrue());
  }

  @Test
  void aStreamOfHttp2ThatIsResetCallsItsOperationOff() throws Exception {
    CompletableFuture<HttpResponse<String>> call =
        bench
            .http()
            .sendAsync(bench.request("/v1/tools/reset/calls", "{}"), BodyHandlers.ofString());
    await().until(() -> called("reset"));

    call.cancel(true);

    await().untilAsserted(() -> assertThat(cancelled("reset")).isTrue());
  }

  @Test
  void anUpgradedConnectionIsKeptWhileItIsUsed() throws Exception {
    bench.topologies(GatewayTest::answer);
    HttpClient client = HttpClient.newBuilder().version(HttpClient.Version.HTTP_2).build();
    client.send(bench.request("/v1/tools/first/calls", "{}"), BodyHandlers.ofString());
    bench.topologies(record -> {});

    CompletableFuture<HttpResponse<String>> call =
        client.sendAsync(
            bench.request("/v1/tools/long/calls", "{}", "Request-Timeout", "1s"),
            BodyHandlers.ofString());

    // Longer than the idle timeout, as the gateway waits two seconds beyond the deadline.
    assertThat(call.get(10, TimeUnit.SECONDS).statusCode()).isEqualTo(504);
  }

  private static boolean called(String tool) {
    return bench.seen(ToolCall.class).stream().anyMatch(call -> call.getTarget().equals(tool));
  }

  private static boolean cancelled(String tool) {
    String id =
        bench.seen(ToolCall.class).stream()
            .filter(call -> call.getTarget().equals(tool))
            .findFirst()
            .orElseThrow()
            .getId();
    await()
        .atMost(Duration.ofSeconds(10))
        .until(
            () ->
                bench.seen(Cancel.class).stream()
                    .anyMatch(cancel -> cancel.getOperationId().equals(id)));
    return true;
  }

  @Test
  void moreThanTheLimitInFlightIsRefusedAtOnce() throws Exception {
    var waiting =
        IntStream.range(0, 4)
            .mapToObj(
                i ->
                    bench
                        .http()
                        .sendAsync(
                            bench.request("/v1/tools/full/calls", "{}", "Request-Timeout", "3s"),
                            BodyHandlers.ofString()))
            .toList();
    await()
        .until(
            () ->
                bench.seen(ToolCall.class).stream()
                        .filter(call -> call.getTarget().equals("full"))
                        .count()
                    == 4);

    long before = System.nanoTime();
    HttpResponse<String> refused = bench.post("/v1/tools/full/calls", "{}");

    assertThat(refused.statusCode()).isEqualTo(503);
    assertThat(refused.headers().firstValue("Retry-After")).hasValue("1");
    assertThat(Duration.ofNanos(System.nanoTime() - before)).isLessThan(Duration.ofSeconds(2));
    assertThat(bench.get("/livez").statusCode()).isEqualTo(200);
    waiting.forEach(CompletableFuture::join);
    bench.topologies(GatewayTest::answer);
    assertThat(bench.post("/v1/tools/after/calls", "{}").statusCode()).isEqualTo(200);
  }

  @Test
  void aBodyThatIsTooLargeIsRefusedAndRejected() throws Exception {
    HttpResponse<String> response = bench.post("/v1/tools/big/calls", "x".repeat(70_000));

    assertThat(response.statusCode()).isEqualTo(413);
    assertThat(json(response).path("code").textValue()).isEqualTo("BODY_TOO_LARGE");
    await()
        .untilAsserted(
            () ->
                assertThat(bench.seen(Rejection.class))
                    .anySatisfy(
                        rejection -> {
                          assertThat(rejection.getReason()).isEqualTo("BODY_TOO_LARGE");
                          assertThat(rejection.getMessage()).contains("/v1/tools/big/calls");
                        }));
  }

  @Test
  void aBodyWithoutALengthIsRefusedAtTheLimitToo() throws Exception {
    HttpRequest request =
        HttpRequest.newBuilder(bench.uri("/v1/tools/big/calls"))
            .POST(
                HttpRequest.BodyPublishers.fromPublisher(
                    HttpRequest.BodyPublishers.ofByteArray(new byte[100_000])))
            .build();

    assertThat(bench.http().send(request, BodyHandlers.ofString()).statusCode()).isEqualTo(413);
  }

  @Test
  void aBodyThatDoesNotComeInTimeIsRefused() throws Exception {
    String answer =
        raw("POST /v1/tools/slow/calls HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9\r\n\r\n{");

    assertThat(answer).startsWith("HTTP/1.1 408").contains("REQUEST_SLOW");
  }

  @Test
  void aConnectionWithoutARequestIsClosed() throws Exception {
    String begun = "GET /livez HTTP/1.1\r\nHost: localhost\r\n\r\nGET /livez HTTP/1.1\r\nHost: l";

    assertThat(raw(begun)).startsWith("HTTP/1.1 200").endsWith("ok\n");
  }

  @Test
  void anotherNameInHostIsRefused() throws Exception {
    assertThat(raw("GET /v1/events HTTP/1.1\r\nHost: evil.example\r\n\r\n"))
        .startsWith("HTTP/1.1 421")
        .contains("HOST_UNKNOWN");
  }

  @Test
  void aPageFromElsewhereIsRefused() throws Exception {
    HttpResponse<String> response =
        bench.post("/v1/tools/x/calls", "{}", "Origin", "https://evil.example");

    assertThat(response.statusCode()).isEqualTo(403);
    assertThat(json(response).path("code").textValue()).isEqualTo("ORIGIN_FOREIGN");
    assertThat(called("x")).isFalse();
  }

  @Test
  void whatIsNotThereIsSaid() throws Exception {
    HttpResponse<String> missing = bench.get("/v1/nothing");
    HttpResponse<String> wrong = bench.get("/v1/plans");

    assertThat(missing.statusCode()).isEqualTo(404);
    assertThat(json(missing).path("code").textValue()).isEqualTo("PATH_UNKNOWN");
    assertThat(wrong.statusCode()).isEqualTo(405);
    assertThat(json(wrong).path("code").textValue()).isEqualTo("METHOD_WRONG");
  }

  @Test
  void requestsAreTimedByTheirRoute() throws Exception {
    bench.topologies(GatewayTest::answer);
    bench.post("/v1/tools/timed/calls", "{}");

    await()
        .untilAsserted(
            () ->
                assertThat(bench.get("/metrics").body())
                    .contains(
                        "millrace_gateway_request_seconds_count{route=\"/v1/tools/:tool/calls\",status=\"200\"}")
                    .doesNotContain("timed"));
  }

  @Test
  void metersAndHealthAreShown() throws Exception {
    assertThat(bench.get("/metrics").body()).contains("millrace_gateway_requests_in_flight 0");
    assertThat(bench.get("/readyz").statusCode()).isEqualTo(200);
    assertThat(json(bench.get("/readyz")).at("/parts/log/ready").booleanValue()).isTrue();
  }

  /** Everything that comes back until the gateway closes the connection. */
  private static String raw(String request) throws IOException {
    try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), bench.gateway().port())) {
      socket.setSoTimeout(10_000);
      socket.getOutputStream().write(request.getBytes(StandardCharsets.US_ASCII));
      return new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    }
  }
}
