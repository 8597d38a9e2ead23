package io.millrace.gateway;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.millrace.events.InferenceRequest;
import io.millrace.events.InferenceResult;
import io.millrace.events.Outcome;
import io.millrace.events.TargetKind;
import io.millrace.events.TargetSpec;
import io.millrace.events.ToolCall;
import io.millrace.events.ToolResult;
import io.millrace.schemas.topics.InferenceTopics;
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

  @Test
  void aCallByGrpcInFlightEndsAndTheNextIsRefused(@TempDir Path directory) throws Exception {
    try (GatewayBench bench = new GatewayBench(directory, Map.of());
        GrpcClient client = new GrpcClient(bench.gateway().url())) {
      bench.write(
          Topics.TARGETS,
          null,
          "model:m@1",
          TargetSpec.newBuilder()
              .setTarget("model:m@1")
              .setKind(TargetKind.MODEL)
              .setName("m")
              .build());
      await().until(() -> bench.get("/v2/models/m").statusCode() == 200);
      byte[] request =
          GrpcClient.join(
              GrpcClient.texts(1, "m"),
              GrpcClient.field(
                  5, GrpcClient.join(GrpcClient.texts(1, "x", 2, "INT8"), new byte[] {0x18, 1})),
              GrpcClient.field(7, new byte[] {5}));
      CompletableFuture<GrpcClient.Reply> call = infer(client, request);
      await().until(() -> !bench.seen(InferenceRequest.class).isEmpty());

      CompletableFuture<Void> closing = CompletableFuture.runAsync(bench.gateway()::close);
      await().until(() -> bench.get("/v1/models").statusCode() == 503);
      assertThat(infer(client, request).get(10, TimeUnit.SECONDS).status()).isEqualTo(14);
      InferenceRequest asked = bench.seen(InferenceRequest.class).get(0);
      bench.write(
          InferenceTopics.RESULTS,
          asked.getReplyPartition(),
          asked.getId(),
          InferenceResult.newBuilder()
              .setOperationId(asked.getId())
              .setOutcome(Outcome.OK)
              .setOutputs(asked.getInputs())
              .build());

      GrpcClient.Reply reply = call.get(10, TimeUnit.SECONDS);
      assertThat(reply.status()).isZero();
      assertThat(reply.message().getField(6).getLengthDelimitedList().get(0).toByteArray())
          .containsExactly(5);
      closing.get(20, TimeUnit.SECONDS);
    }
  }

  private static CompletableFuture<GrpcClient.Reply> infer(GrpcClient client, byte[] request) {
    return CompletableFuture.supplyAsync(
        () -> {
          try {
            return client.call("ModelInfer", request);
          } catch (Exception e) {
            throw new IllegalStateException(e);
          }
        });
  }

  private static boolean answers(GatewayBench bench) {
    try {
      return bench.get("/livez").statusCode() > 0;
    } catch (IOException | InterruptedException refused) {
      return false;
    }
  }
}
