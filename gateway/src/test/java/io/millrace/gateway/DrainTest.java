package io.millrace.gateway;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.millrace.events.Outcome;
import io.millrace.events.ToolCall;
import io.millrace.events.ToolResult;
import io.millrace.schemas.topics.Topics;
import java.io.IOException;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DrainTest {

  @Test
  void whatIsInFlightEndsAndStreamsAreToldToComeAgain(@TempDir Path directory) throws Exception {
    try (GatewayBench bench = new GatewayBench(directory, Map.of())) {
      CompletableFuture<HttpResponse<String>> events =
          bench
              .http()
              .sendAsync(
                  HttpRequest.newBuilder(bench.uri("/v1/events?topics=alerts")).build(),
                  BodyHandlers.ofString());
      await().until(() -> bench.get("/metrics").body().contains("millrace_gateway_streams 1"));
      CompletableFuture<HttpResponse<String>> call =
          bench
              .http()
              .sendAsync(bench.request("/v1/tools/slow/calls", "{}"), BodyHandlers.ofString());
      await().until(() -> !bench.seen(ToolCall.class).isEmpty());
      long before = System.nanoTime();

      CompletableFuture<Void> closing = CompletableFuture.runAsync(bench.gateway()::close);
      assertThat(events.get(10, TimeUnit.SECONDS).body()).contains("event: end");
      ToolCall asked = bench.seen(ToolCall.class).get(0);
      bench.write(
          Topics.TOOL_RESULTS,
          asked.getReplyPartition(),
          asked.getId(),
          ToolResult.newBuilder().setOperationId(asked.getId()).setOutcome(Outcome.OK).build());

      assertThat(call.get(10, TimeUnit.SECONDS).statusCode()).isEqualTo(200);
      closing.get(20, TimeUnit.SECONDS);
      assertThat(Duration.ofNanos(System.nanoTime() - before)).isLessThan(Duration.ofSeconds(20));
      assertThat(CompletableFuture.supplyAsync(() -> answers(bench)).get()).isFalse();
    }
  }

  private static boolean answers(GatewayBench bench) {
    try {
      return bench.get("/livez").statusCode() > 0;
    } catch (IOException | InterruptedException refused) {
      return false;
    }
  }
}
