package io.millrace.gateway;

import static io.millrace.gateway.GatewayBench.json;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.millrace.events.Alert;
import io.millrace.events.ToolCall;
import io.millrace.schemas.topics.Topics;
import java.net.URI;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.net.http.WebSocket;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class EventsTest {
  private static GatewayBench bench;

  @BeforeAll
  static void start(@TempDir Path directory) throws Exception {
    bench =
        new GatewayBench(
            directory,
            Map.of("streams.max", "2", "stream.bytes.max", "4096", "stream.stall.ms", "300"));
  }

  @AfterAll
  static void stop() throws Exception {
    bench.close();
  }

  /** A stream of Server-Sent Events; its lines as they come. */
  private static final class Lines implements AutoCloseable {
    private final List<String> lines = new CopyOnWriteArrayList<>();
    private final Stream<String> body;

    Lines(String path, String... headers) throws Exception {
      HttpRequest.Builder request = HttpRequest.newBuilder(bench.uri(path));
      if (headers.length > 0) {
        request.headers(headers);
      }
      HttpResponse<Stream<String>> response =
          bench.http().send(request.build(), BodyHandlers.ofLines());
      assertThat(response.statusCode()).isEqualTo(200);
      body = response.body();
      Thread reader =
          new Thread(
              () -> {
                try {
                  body.forEach(lines::add);
                } catch (RuntimeException closed) {
                  // The test has seen enough.
                }
              });
      reader.setDaemon(true);
      reader.start();
    }

    /** The first line that holds the text. */
    String line(String text) {
      await().until(() -> lines.stream().anyMatch(line -> line.contains(text)));
      return lines.stream().filter(line -> line.contains(text)).findFirst().orElseThrow();
    }

    @Override
    public void close() {
      body.close();
    }
  }

  private static void alert(String tenant, String message) {
    bench.write(
        Topics.ALERTS,
        null,
        tenant,
        Alert.newBuilder().setId(message).setTenant(tenant).setMessage(message).build());
  }

  private static void free() {
    await().until(() -> bench.get("/metrics").body().contains("millrace_gateway_streams 0"));
  }

  @Test
  void whatIsWrittenIsSentAndGoesOnAfterTheLastEvent() throws Exception {
    String id;
    try (Lines lines = new Lines("/v1/events?topics=alerts&tenant=a")) {
      alert("b", "of-another");
      alert("a", "first");
      assertThat(lines.line("\"message\":\"first\"")).startsWith("data: {\"topic\":\"alerts\"");
      id = lines.line("id: ").substring(4);
      assertThat(lines.lines).noneMatch(line -> line.contains("of-another"));
    }
    alert("a", "missed");

    try (Lines lines = new Lines("/v1/events?topics=alerts&tenant=a", "Last-Event-ID", id)) {
      lines.line("missed");
      assertThat(lines.lines).noneMatch(line -> line.contains("\"first\""));
    }
    free();
  }

  @Test
  void whatCannotBeReadIsShownAsSuch() throws Exception {
    try (Lines lines = new Lines("/v1/events?topics=alerts")) {
      bench.writeBytes(Topics.ALERTS, 0, "k", new byte[] {1, 2, 3});

      assertThat(lines.line("undecodable")).contains("\"reason\":\"UNDECODABLE\"");
    }
    free();
  }

  @Test
  void anIdOfAnotherStreamIsRefused() throws Exception {
    HttpResponse<String> response = bench.get("/v1/events?topics=alerts&last_event_id=1.2");

    assertThat(response.statusCode()).isEqualTo(400);
    assertThat(json(response).path("code").textValue()).isEqualTo("EVENT_ID_INVALID");
    free();
  }

  @Test
  void anUnknownTopicIsRefused() throws Exception {
    HttpResponse<String> response = bench.get("/v1/events?topics=alrts");

    assertThat(response.statusCode()).isEqualTo(404);
    assertThat(json(response).path("error").textValue()).contains("did you mean 'alerts'?");
  }

  @Test
  void oneStreamTooManyIsRefused() throws Exception {
    try (Lines one = new Lines("/v1/events?topics=alerts");
        Lines two = new Lines("/v1/events?topics=alerts")) {
      assertThat(bench.get("/v1/events?topics=alerts").statusCode()).isEqualTo(503);
    }
    free();
  }

  @Test
  void aReaderThatDoesNotReadIsDroppedWithAReason() throws Exception {
    SlowReader reader = new SlowReader();
    WebSocket socket =
        bench
            .http()
            .newWebSocketBuilder()
            .buildAsync(
                URI.create(
                    bench.uri("/v1/events?topics=tool.calls").toString().replace("http", "ws")),
                reader)
            .get(10, TimeUnit.SECONDS);
    String large = "{\"a\":\"" + "x".repeat(500_000) + "\"}";
    await().until(() -> bench.get("/metrics").body().contains("millrace_gateway_streams 1"));
    await()
        .until(
            () -> {
              bench.write(
                  Topics.TOOL_CALLS,
                  null,
                  "k",
                  ToolCall.newBuilder().setId("i").setTarget("t").setArguments(large).build());
              return bench.get("/metrics").body().contains("millrace_gateway_streams 0");
            });

    socket.request(Long.MAX_VALUE);
    assertThat(reader.closed.get(10, TimeUnit.SECONDS)).isEqualTo("1008 READER_SLOW");
  }

  private static final class SlowReader implements WebSocket.Listener {
    private final CompletableFuture<String> closed = new CompletableFuture<>();

    @Override
    public void onOpen(WebSocket socket) {
      // Nothing is asked for.
    }

    @Override
    public CompletionStage<?> onClose(WebSocket socket, int code, String reason) {
      closed.complete(code + " " + reason);
      return null;
    }

    @Override
    public void onError(WebSocket socket, Throwable failure) {
      closed.completeExceptionally(failure);
    }
  }

  @Test
  void aWebSocketGetsTheSameEvents() throws Exception {
    CompletableFuture<String> first = new CompletableFuture<>();
    WebSocket socket =
        bench
            .http()
            .newWebSocketBuilder()
            .buildAsync(
                URI.create(bench.uri("/v1/events?topics=alerts").toString().replace("http", "ws")),
                new WebSocket.Listener() {
                  @Override
                  public CompletionStage<?> onText(WebSocket ws, CharSequence data, boolean last) {
                    first.complete(data.toString());
                    return null;
                  }
                })
            .get(10, TimeUnit.SECONDS);
    await()
        .until(
            () -> {
              alert("a", "for the socket");
              return first.isDone();
            });

    assertThat(first.get()).contains("for the socket").contains("\"id\":\"");
    socket.abort();
    free();
  }
}
