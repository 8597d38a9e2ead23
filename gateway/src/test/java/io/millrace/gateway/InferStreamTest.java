package io.millrace.gateway;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.millrace.events.Cancel;
import io.millrace.events.Failure;
import io.millrace.events.InferenceRequest;
import io.millrace.events.InferenceResult;
import io.millrace.events.ModelSpec;
import io.millrace.events.OperationKind;
import io.millrace.events.Outcome;
import io.millrace.events.PoolLoad;
import io.millrace.events.TargetKind;
import io.millrace.events.TargetSpec;
import io.millrace.events.Tensor;
import io.millrace.events.TensorDatatype;
import io.millrace.events.TensorSignature;
import io.millrace.events.WorkerStatus;
import io.millrace.schemas.topics.InferenceTopics;
import io.millrace.schemas.topics.Topics;
import java.io.InputStream;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.apache.avro.specific.SpecificRecord;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Answers in chunks, as the log brings them and as a client sees them. */
class InferStreamTest {
  private static final String INPUT =
      "{\"inputs\":[{\"name\":\"x\",\"datatype\":\"UINT8\",\"shape\":[1],\"data\":[%d]}]}";
  private static GatewayBench bench;

  @BeforeAll
  static void start(@TempDir Path directory) throws Exception {
    bench = new GatewayBench(directory, Map.of());
    bench.write(
        Topics.TARGETS,
        null,
        "model:s@1",
        TargetSpec.newBuilder()
            .setTarget("model:s@1")
            .setKind(TargetKind.MODEL)
            .setName("s")
            .setPool("cpu")
            .setModel(
                ModelSpec.newBuilder()
                    .setUri("file:///m")
                    .setStreamed(true)
                    .setInputs(List.of(signature("x")))
                    .setOutputs(List.of(signature("y")))
                    .build())
            .build());
    bench.write(
        Topics.WORKERS,
        null,
        "w",
        WorkerStatus.newBuilder()
            .setWorkerId("w")
            .setKind(OperationKind.INFERENCE)
            .setOccurredAt(Instant.now().plus(Duration.ofMinutes(5)))
            .setPools(List.of(PoolLoad.newBuilder().setPool("cpu").build()))
            .setTargets(List.of("model:s@1"))
            .build());
    await().until(() -> bench.get("/v2/models/s/ready").statusCode() == 200);
  }

  private static TensorSignature signature(String name) {
    return new TensorSignature(name, TensorDatatype.UINT8, List.of(1L));
  }

  @AfterAll
  static void stop() throws Exception {
    bench.close();
  }

  private static void say(InferenceRequest request, int chunk, boolean last, Outcome outcome) {
    Tensor y =
        new Tensor(
            "y", TensorDatatype.UINT8, List.of(1L), ByteBuffer.wrap(new byte[] {(byte) chunk}));
    bench.write(
        InferenceTopics.RESULTS,
        request.getReplyPartition(),
        request.getId(),
        InferenceResult.newBuilder()
            .setOperationId(request.getId())
            .setModelVersion("1")
            .setOutcome(outcome)
            .setFailure(outcome == Outcome.OK ? null : new Failure("STREAM_DIVERGED", "other"))
            .setChunk(chunk)
            .setLast(last)
            .setOutputs(outcome == Outcome.OK ? List.of(y) : List.of())
            .build());
  }

  private static HttpResponse<String> ask(int kind) throws Exception {
    return bench.post("/v2/models/s/infer", INPUT.formatted(kind), "Accept", "text/event-stream");
  }

  private static void answering(java.util.function.Consumer<InferenceRequest> answer) {
    bench.topologies(
        (SpecificRecord record) -> {
          if (record instanceof InferenceRequest request) {
            answer.accept(request);
          }
        });
  }

  @Test
  void eachChunkIsAnEventOnceAndInOrder() throws Exception {
    answering(
        request -> {
          for (int chunk : new int[] {0, 1, 0, 1, 2}) {
            say(request, chunk, false, Outcome.OK);
          }
          say(request, 3, true, Outcome.OK);
        });

    HttpResponse<String> response = ask(1);

    assertThat(response.statusCode()).isEqualTo(200);
    assertThat(response.headers().firstValue("Content-Type")).contains("text/event-stream");
    assertThat(response.body().lines().filter(line -> line.startsWith("id: ")))
        .containsExactly("id: 0", "id: 1", "id: 2", "id: 3");
    assertThat(response.body().lines().filter(line -> line.startsWith("data: ")))
        .hasSize(4)
        .allMatch(line -> line.contains("\"name\":\"y\""))
        .last()
        .asString()
        .contains("\"triton_final_response\":true");
  }

  @Test
  void aChunkThatIsMissingEndsTheAnswerWithAnErrorAndTheRun() throws Exception {
    answering(
        request -> {
          say(request, 0, false, Outcome.OK);
          say(request, 2, false, Outcome.OK);
        });

    HttpResponse<String> response = ask(2);

    assertThat(response.body()).contains("event: error").contains("CHUNK_MISSING");
    String id = bench.seen(InferenceRequest.class).get(last()).getId();
    await().until(() -> cancelled(id));
  }

  @Test
  void aFailureAfterAChunkIsAnErrorEvent() throws Exception {
    answering(
        request -> {
          say(request, 0, false, Outcome.OK);
          say(request, 1, true, Outcome.TOOL_ERROR);
        });

    HttpResponse<String> response = ask(3);

    assertThat(response.statusCode()).isEqualTo(200);
    assertThat(response.body()).contains("event: error").contains("STREAM_DIVERGED");
  }

  @Test
  void aFailureBeforeTheFirstChunkIsAnHttpError() throws Exception {
    answering(request -> say(request, 0, true, Outcome.TOOL_ERROR));

    HttpResponse<String> response = ask(4);

    assertThat(response.statusCode()).isEqualTo(502);
    assertThat(response.body()).contains("\"code\":\"STREAM_DIVERGED\"");
  }

  @Test
  void aClientThatGoesAwayHasItsRunCalledOff() throws Exception {
    answering(request -> say(request, 0, false, Outcome.OK));
    HttpResponse<InputStream> response =
        bench
            .http()
            .send(
                bench.request(
                    "/v2/models/s/infer", INPUT.formatted(5), "Accept", "text/event-stream"),
                BodyHandlers.ofInputStream());
    String id = bench.seen(InferenceRequest.class).get(last()).getId();
    assertThat(cancelled(id)).isFalse();

    response.body().close();

    await().until(() -> cancelled(id));
  }

  @Test
  void rawBytesDoNotGoIntoEvents() throws Exception {
    HttpResponse<String> response =
        bench.post(
            "/v2/models/s/infer",
            INPUT
                .formatted(6)
                .replaceFirst(
                    "\\{",
                    "{\"parameters\":{\"binary_data_output\":true},\"outputs\":[{\"name\":\"y\"}],"),
            "Accept",
            "text/event-stream");

    assertThat(response.statusCode()).isEqualTo(400);
    assertThat(response.body()).contains("raw bytes");
  }

  private static int last() {
    return bench.seen(InferenceRequest.class).size() - 1;
  }

  private static boolean cancelled(String id) {
    return bench.seen(Cancel.class).stream().anyMatch(cancel -> cancel.getOperationId().equals(id));
  }
}
