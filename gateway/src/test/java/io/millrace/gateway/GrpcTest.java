package io.millrace.gateway;

import static io.millrace.gateway.GrpcClient.field;
import static io.millrace.gateway.GrpcClient.framed;
import static io.millrace.gateway.GrpcClient.join;
import static io.millrace.gateway.GrpcClient.message;
import static io.millrace.gateway.GrpcClient.text;
import static io.millrace.gateway.GrpcClient.texts;
import static io.millrace.gateway.GrpcClient.textsOf;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.google.protobuf.ByteString;
import com.google.protobuf.UnknownFieldSet;
import io.millrace.events.Cancel;
import io.millrace.events.Failure;
import io.millrace.events.InferenceRequest;
import io.millrace.events.InferenceResult;
import io.millrace.events.ModelSpec;
import io.millrace.events.OperationKind;
import io.millrace.events.Outcome;
import io.millrace.events.PoolLoad;
import io.millrace.events.ServedBy;
import io.millrace.events.TargetKind;
import io.millrace.events.TargetSpec;
import io.millrace.events.TensorDatatype;
import io.millrace.events.TensorSignature;
import io.millrace.events.WorkerStatus;
import io.millrace.gateway.GrpcClient.Reply;
import io.millrace.schemas.topics.InferenceTopics;
import io.millrace.schemas.topics.Topics;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClientRequest;
import io.vertx.core.http.HttpClientResponse;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.zip.GZIPOutputStream;
import org.apache.avro.specific.SpecificRecord;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The gRPC door, called by a client that knows field numbers only. */
class GrpcTest {
  private static final int OK = 0;
  private static final int INVALID_ARGUMENT = 3;
  private static final int DEADLINE_EXCEEDED = 4;
  private static final int NOT_FOUND = 5;
  private static final int RESOURCE_EXHAUSTED = 8;
  private static final int UNIMPLEMENTED = 12;
  private static final int UNAVAILABLE = 14;

  private static GatewayBench bench;
  private static GrpcClient client;

  @BeforeAll
  static void start(@TempDir Path directory) throws Exception {
    bench = new GatewayBench(directory, Map.of("request.bytes.max", "65536", "requests.max", "4"));
    client = new GrpcClient(bench.gateway().url());
    bench.write(
        Topics.TARGETS,
        null,
        "model:echo@1",
        TargetSpec.newBuilder()
            .setTarget("model:echo@1")
            .setKind(TargetKind.MODEL)
            .setName("echo")
            .setPool("cpu")
            .setModel(
                ModelSpec.newBuilder()
                    .setBatchMax(8)
                    .setConfig(
                        "{\"dynamic_batching\":{\"preferred_batch_size\":[4,8],\"max_queue_delay_microseconds\":\"100\"}}")
                    .setInputs(
                        List.of(
                            new TensorSignature("x", TensorDatatype.FP32, List.of(-1L, 2L)),
                            new TensorSignature("s", TensorDatatype.BYTES, List.of(-1L, 1L))))
                    .setOutputs(
                        List.of(new TensorSignature("x", TensorDatatype.FP32, List.of(-1L, 2L))))
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
            .setTargets(List.of("model:echo@1"))
            .build());
    bench.topologies(GrpcTest::answer);
    await().until(() -> bench.get("/v2/models/echo/ready").statusCode() == 200);
  }

  @AfterAll
  static void stop() throws Exception {
    client.close();
    bench.close();
  }

  /** A model that gives back what it gets; it fails or is silent where the parameter says so. */
  private static void answer(SpecificRecord record) {
    if (record instanceof InferenceRequest request
        && !request.getParameters().containsKey("silent")) {
      boolean fails = request.getParameters().containsKey("fail");
      bench.write(
          InferenceTopics.RESULTS,
          request.getReplyPartition(),
          request.getId(),
          InferenceResult.newBuilder()
              .setOperationId(request.getId())
              .setModelVersion("1")
              .setOutcome(fails ? Outcome.REFUSED : Outcome.OK)
              .setFailure(
                  fails ? new Failure("OVERLOADED", "the queue is full: 100 %, ümlaut") : null)
              .setServedBy(ServedBy.WORKER)
              .setParameters(Map.of("took", "1.5", "note", "\"n\"", "sure", "true", "rows", "2"))
              .setOutputs(request.getInputs())
              .build());
    }
  }

  private static byte[] shape(int... dimensions) {
    byte[] bytes = new byte[dimensions.length];
    for (int i = 0; i < dimensions.length; i++) {
      bytes[i] = (byte) dimensions[i];
    }
    return bytes;
  }

  private static byte[] floats(float... values) {
    ByteBuffer bytes = ByteBuffer.allocate(4 * values.length).order(ByteOrder.LITTLE_ENDIAN);
    for (float value : values) {
      bytes.putFloat(value);
    }
    return bytes.array();
  }

  private static byte[] input(String name, String datatype, byte[] shape, byte[]... more) {
    return field(5, join(texts(1, name, 2, datatype), field(3, shape), join(more)));
  }

  private static byte[] raw(byte[]... parameters) {
    return join(
        texts(1, "echo", 3, "mine"),
        join(parameters),
        input("x", "FP32", shape(1, 2)),
        input("s", "BYTES", shape(1, 1)),
        field(7, floats(1.5f, Float.NaN)),
        field(7, new byte[] {2, 0, 0, 0, 'h', 'i'}));
  }

  private static byte[] parameter(String name) {
    return field(4, join(texts(1, name), field(2, new byte[] {0x08, 1})));
  }

  @Test
  void theServerSaysWhatItIs() throws Exception {
    assertThat(client.call("ServerLive", new byte[0]).message().getField(1).getVarintList())
        .containsExactly(1L);
    assertThat(client.call("ServerReady", new byte[0]).message().getField(1).getVarintList())
        .containsExactly(1L);
    Reply metadata = client.call("ServerMetadata", new byte[0]);
    assertThat(text(metadata.message(), 1)).isEqualTo("millrace");
    assertThat(textsOf(metadata.message(), 3)).contains("model_repository", "statistics");
  }

  @Test
  void aModelIsDescribed() throws Exception {
    Reply ready = client.call("ModelReady", texts(1, "echo"));
    assertThat(ready.message().getField(1).getVarintList()).containsExactly(1L);
    UnknownFieldSet metadata = client.call("ModelMetadata", texts(1, "echo", 2, "1")).message();
    assertThat(text(metadata, 1)).isEqualTo("echo");
    assertThat(textsOf(metadata, 2)).containsExactly("1");
    UnknownFieldSet input = message(metadata, 4);
    assertThat(text(input, 2)).isEqualTo("FP32");
    assertThat(input.getField(3).getLengthDelimitedList().get(0).toByteArray())
        .endsWith(new byte[] {1, 2});
    UnknownFieldSet config = message(client.call("ModelConfig", texts(1, "echo")).message(), 1);
    assertThat(config.getField(4).getVarintList()).containsExactly(8L);
    assertThat(message(config, 5).getField(2).getVarintList()).containsExactly(11L);
    assertThat(message(config, 11).getField(2).getVarintList()).containsExactly(100L);
    UnknownFieldSet index = message(client.call("RepositoryIndex", new byte[0]).message(), 1);
    assertThat(text(index, 3)).isEqualTo("READY");
  }

  @Test
  void rawContentsInRawContentsOut() throws Exception {
    Reply reply = client.call("ModelInfer", raw());

    assertThat(reply.error()).isEmpty();
    assertThat(reply.status()).isEqualTo(OK);
    assertThat(text(reply.message(), 1)).isEqualTo("echo");
    assertThat(text(reply.message(), 2)).isEqualTo("1");
    assertThat(text(reply.message(), 3)).isEqualTo("mine");
    UnknownFieldSet output = message(reply.message(), 5);
    assertThat(text(output, 1)).isEqualTo("x");
    assertThat(text(output, 2)).isEqualTo("FP32");
    assertThat(output.getField(3).getLengthDelimitedList().get(0).toByteArray())
        .containsExactly(1, 2);
    List<ByteString> raw = reply.message().getField(6).getLengthDelimitedList();
    assertThat(raw.get(0).toByteArray()).isEqualTo(floats(1.5f, Float.NaN));
    assertThat(raw.get(1).toByteArray()).containsExactly(2, 0, 0, 0, 'h', 'i');
    assertThat(reply.message().getField(4).getLengthDelimitedList()).hasSize(4);
  }

  @Test
  void typedContentsAreReadToo() throws Exception {
    byte[] message =
        join(
            texts(1, "echo"),
            input("x", "FP32", shape(1, 2), field(5, field(6, floats(3, 4)))),
            input("s", "BYTES", shape(1, 1), field(5, texts(8, "hi"))));

    Reply reply = client.call("ModelInfer", message);

    assertThat(reply.error()).isEmpty();
    assertThat(reply.message().getField(6).getLengthDelimitedList().get(0).toByteArray())
        .isEqualTo(floats(3, 4));
  }

  @Test
  void aCompressedMessageIsRead() throws Exception {
    Reply reply = client.call("ModelInfer", gzip(raw()), Map.of("grpc-encoding", "gzip"));

    assertThat(reply.error()).isEmpty();
    assertThat(reply.status()).isEqualTo(OK);
  }

  @Test
  void aMessageThatIsTooLargeOnceItIsDecompressedIsRefused() throws Exception {
    Reply reply =
        client.call("ModelInfer", gzip(new byte[1 << 20]), Map.of("grpc-encoding", "gzip"));

    assertThat(reply.status()).isEqualTo(RESOURCE_EXHAUSTED);
    assertThat(reply.error()).contains("longer than 65536 bytes once it is decompressed");
  }

  private static Buffer gzip(byte[] message) throws Exception {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (GZIPOutputStream out = new GZIPOutputStream(bytes)) {
      out.write(message);
    }
    return Buffer.buffer()
        .appendByte((byte) 1)
        .appendInt(bytes.size())
        .appendBytes(bytes.toByteArray());
  }

  @Test
  void errorsAreStatusesThatNameTheField() throws Exception {
    assertRefused(
        INVALID_ARGUMENT,
        join(texts(1, "echo"), input("x", "FP64", shape(1, 2)), field(7, new byte[16])),
        "inputs[0].datatype: input 'x' is of FP32");
    assertRefused(
        INVALID_ARGUMENT,
        join(texts(1, "echo"), input("x", "FP32", shape(1, 2)), field(7, new byte[7])),
        "raw_input_contents[0]: is 7 bytes");
    assertRefused(INVALID_ARGUMENT, new byte[] {1, 2, 3}, "the request: is no such message");
    assertRefused(NOT_FOUND, join(raw(), texts(1, "none")), "unknown model: 'none'");
    assertRefused(UNAVAILABLE, raw(parameter("fail")), "the queue is full: 100 %, ümlaut");
  }

  private static void assertRefused(int status, byte[] message, String error) throws Exception {
    Reply reply = client.call("ModelInfer", message);
    assertThat(reply.error()).contains(error);
    assertThat(reply.status()).isEqualTo(status);
  }

  @Test
  void whatIsUnknownIsNotFoundOrNotThere() throws Exception {
    Reply model = client.call("ModelReady", texts(1, "none"));
    assertThat(model.status()).isEqualTo(NOT_FOUND);
    assertThat(model.error()).startsWith("Request for unknown model: 'none'");
    assertThat(client.call("ModelMetadata", texts(1, "echo", 2, "7")).status())
        .isEqualTo(NOT_FOUND);
    assertThat(client.call("TraceSetting", new byte[0]).status()).isEqualTo(UNIMPLEMENTED);
    assertThat(
            client
                .call(
                    "ModelInfer",
                    framed(raw()).setByte(0, (byte) 1),
                    Map.of("grpc-encoding", "snappy"))
                .status())
        .isEqualTo(UNIMPLEMENTED);
  }

  @Test
  void aBodyThatIsNotOneMessageIsRefused() throws Exception {
    for (Buffer body :
        List.of(
            Buffer.buffer(),
            Buffer.buffer(new byte[] {0, 0, 0}),
            Buffer.buffer(new byte[] {0, (byte) 0xFF, (byte) 0xFF, (byte) 0xFF, (byte) 0xFF, 1}),
            framed(raw()).appendBuffer(framed(raw())))) {
      Reply reply = client.call("ModelInfer", body, Map.of());

      assertThat(reply.status()).isEqualTo(INVALID_ARGUMENT);
      assertThat(reply.error()).startsWith("the call: expected one message of gRPC");
    }
  }

  @Test
  void aBodyBeyondTheLimitIsRefused() throws Exception {
    Reply reply = client.call("ModelInfer", new byte[70_000]);

    assertThat(reply.status()).isEqualTo(RESOURCE_EXHAUSTED);
    assertThat(reply.error()).contains("longer than 65536 bytes");
  }

  @Test
  void theDeadlineIsTheCallers() throws Exception {
    long before = System.nanoTime();
    Reply reply =
        client.call("ModelInfer", framed(raw(parameter("silent"))), Map.of("grpc-timeout", "100m"));

    assertThat(reply.status()).isEqualTo(DEADLINE_EXCEEDED);
    assertThat(Duration.ofNanos(System.nanoTime() - before)).isLessThan(Duration.ofSeconds(10));
    Reply wrong = client.call("ModelInfer", framed(raw()), Map.of("grpc-timeout", "100000000000m"));
    assertThat(wrong.status()).isEqualTo(INVALID_ARGUMENT);
    assertThat(wrong.error()).startsWith("grpc-timeout: '100000000000m'");
  }

  @Test
  void aCallThatIsCancelledCallsItsRunOff() throws Exception {
    HttpClientRequest call = silent("left");
    call.reset(8);

    await().untilAsserted(() -> assertThat(cancelled("left")).isTrue());
  }

  @Test
  void aStreamOfRequestsIsRefusedAtOnceAndNotWhenItsClientHasEnded() throws Exception {
    HttpClientRequest call =
        client
            .start("ModelStreamInfer", Map.of())
            .toCompletionStage()
            .toCompletableFuture()
            .get(10, TimeUnit.SECONDS);
    call.setChunked(true).write(framed(raw()));

    HttpClientResponse response =
        call.response().toCompletionStage().toCompletableFuture().get(10, TimeUnit.SECONDS);

    assertThat(response.getHeader("grpc-status")).isEqualTo(String.valueOf(UNIMPLEMENTED));
    assertThat(response.getHeader("error-code")).isEqualTo("STREAMS_UNSUPPORTED");
  }

  private static boolean cancelled(String parameter) {
    return bench.seen(InferenceRequest.class).stream()
        .filter(request -> request.getParameters().containsKey(parameter))
        .anyMatch(
            request ->
                bench.seen(Cancel.class).stream()
                    .anyMatch(cancel -> cancel.getOperationId().equals(request.getId())));
  }

  /** A call that is under way and not answered. */
  private static HttpClientRequest silent(String parameter) throws Exception {
    HttpClientRequest call =
        client
            .start("ModelInfer", Map.of())
            .toCompletionStage()
            .toCompletableFuture()
            .get(10, TimeUnit.SECONDS);
    call.send(framed(raw(parameter("silent"), parameter(parameter))));
    await()
        .until(
            () ->
                bench.seen(InferenceRequest.class).stream()
                    .anyMatch(request -> request.getParameters().containsKey(parameter)));
    return call;
  }

  @Test
  void moreThanTheLimitInFlightIsRefusedAtOnceAndHealthIsNot() throws Exception {
    List<HttpClientRequest> calls = List.of(silent("a"), silent("b"), silent("c"), silent("d"));
    try {
      Reply reply = client.call("ModelInfer", raw());
      assertThat(reply.status()).isEqualTo(UNAVAILABLE);
      assertThat(reply.error()).contains("too many requests in flight");
      assertThat(client.call("ServerLive", new byte[0]).status()).isEqualTo(OK);
    } finally {
      calls.forEach(call -> call.reset(8));
    }
    await().untilAsserted(() -> assertThat(client.call("ModelInfer", raw()).status()).isZero());
  }

  @Test
  void callsAreCountedByTheirStatusAndFailuresByTheirReason() throws Exception {
    client.call("ModelInfer", raw(parameter("fail")));

    assertThat(bench.get("/metrics").body())
        .contains("nv_inference_request_failure{model=\"echo\",reason=\"REJECTED\",version=\"1\"}")
        .containsPattern("millrace_gateway_request_seconds_count\\{[^}]*status=\"UNAVAILABLE\"");
    UnknownFieldSet statistics =
        message(client.call("ModelStatistics", texts(1, "echo")).message(), 1);
    assertThat(text(statistics, 1)).isEqualTo("echo");
    assertThat(message(message(statistics, 6), 2).getField(1).getVarintList().get(0)).isPositive();
  }
}
