package io.millrace.gateway;

import static io.millrace.gateway.GatewayBench.json;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.millrace.events.Attempt;
import io.millrace.events.Cancel;
import io.millrace.events.Coordinates;
import io.millrace.events.Failure;
import io.millrace.events.InferenceRequest;
import io.millrace.events.InferenceResult;
import io.millrace.events.InferenceRun;
import io.millrace.events.ModelSpec;
import io.millrace.events.OperationKind;
import io.millrace.events.Outcome;
import io.millrace.events.PoolLoad;
import io.millrace.events.ServedBy;
import io.millrace.events.TargetKind;
import io.millrace.events.TargetSpec;
import io.millrace.events.Tensor;
import io.millrace.events.TensorDatatype;
import io.millrace.events.TensorSignature;
import io.millrace.events.WorkerStatus;
import io.millrace.schemas.topics.InferenceTopics;
import io.millrace.schemas.topics.Topics;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.apache.avro.specific.SpecificRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class InferenceTest {
  private static final String INPUT =
      "{\"id\":\"mine\",\"inputs\":[{\"name\":\"x\",\"datatype\":\"FP32\",\"shape\":[1,2],\"data\":[1.5,2]}]";
  private static GatewayBench bench;

  @BeforeAll
  static void start(@TempDir Path directory) throws Exception {
    bench = new GatewayBench(directory, Map.of());
    for (String version : List.of("1", "2", "10")) {
      bench.write(
          Topics.TARGETS,
          null,
          "model:double@" + version,
          TargetSpec.newBuilder()
              .setTarget("model:double@" + version)
              .setKind(TargetKind.MODEL)
              .setName("double")
              .setVersion(version)
              .setPool("cpu")
              .setModel(
                  ModelSpec.newBuilder()
                      .setUri("file:///m")
                      .setBatchMax(8)
                      .setConfig("{\"dynamic_batching\":{}}")
                      .setInputs(List.of(signature("x")))
                      .setOutputs(List.of(signature("y")))
                      .build())
              .build());
    }
    bench.write(
        Topics.WORKERS,
        null,
        "w",
        WorkerStatus.newBuilder()
            .setWorkerId("w")
            .setKind(OperationKind.INFERENCE)
            .setOccurredAt(Instant.now().plus(Duration.ofMinutes(5)))
            .setPools(List.of(PoolLoad.newBuilder().setPool("cpu").build()))
            .setTargets(List.of("model:double@10"))
            .build());
    await().until(() -> bench.get("/v2/models/double/ready").statusCode() == 200);
  }

  private static TensorSignature signature(String name) {
    return new TensorSignature(name, TensorDatatype.FP32, List.of(-1L, 2L));
  }

  @AfterAll
  static void stop() throws Exception {
    bench.close();
  }

  @BeforeEach
  void answering() {
    bench.topologies(InferenceTest::answer);
  }

  /** A model that doubles. */
  private static void answer(SpecificRecord record) {
    if (record instanceof InferenceRequest request) {
      boolean fails = request.getParameters().containsKey("fail");
      Tensor input = request.getInputs().get(0);
      ByteBuffer in = input.getData().duplicate().order(ByteOrder.LITTLE_ENDIAN);
      ByteBuffer out = ByteBuffer.allocate(in.remaining()).order(ByteOrder.LITTLE_ENDIAN);
      while (in.hasRemaining()) {
        out.putFloat(in.getFloat() * 2);
      }
      bench.write(
          InferenceTopics.RESULTS,
          request.getReplyPartition(),
          request.getId(),
          InferenceResult.newBuilder()
              .setOperationId(request.getId())
              .setModelVersion("10")
              .setOutcome(fails ? Outcome.REFUSED : Outcome.OK)
              .setFailure(fails ? new Failure("OVERLOADED", "the queue is full") : null)
              .setServedBy(ServedBy.WORKER)
              .setLast(!request.getParameters().containsKey("stream"))
              .setComputeMs(2)
              .setBatchSize(1)
              .setOutputs(
                  List.of(new Tensor("y", TensorDatatype.FP32, input.getShape(), out.flip())))
              .build());
    }
  }

  @Test
  void jsonInJsonOut() throws Exception {
    HttpResponse<String> response =
        bench.post(
            "/v2/models/double/infer", INPUT + ",\"parameters\":{\"priority\":3,\"own\":\"v\"}}");

    assertThat(response.statusCode()).as(response.body()).isEqualTo(200);
    assertThat(response.body())
        .isEqualTo(
            "{\"model_name\":\"double\",\"model_version\":\"10\",\"id\":\"mine\",\"outputs\":"
                + "[{\"name\":\"y\",\"datatype\":\"FP32\",\"shape\":[1,2],\"data\":[3.0,4.0]}]}");
    InferenceRequest asked =
        bench.seen(InferenceRequest.class).stream()
            .filter(request -> request.getParameters().containsKey("own"))
            .findFirst()
            .orElseThrow();
    assertThat(asked.getPriority()).isEqualTo(3);
    assertThat(asked.getParameters()).isEqualTo(Map.of("own", "\"v\""));
    assertThat(asked.getModelVersion()).isNull();
  }

  @Test
  void rawBytesInRawBytesOut() throws Exception {
    String json =
        "{\"inputs\":[{\"name\":\"x\",\"datatype\":\"FP32\",\"shape\":[1,2],"
            + "\"parameters\":{\"binary_data_size\":8}}],"
            + "\"outputs\":[{\"name\":\"y\",\"parameters\":{\"binary_data\":true}}]}";
    byte[] text = json.getBytes(StandardCharsets.UTF_8);

    HttpResponse<byte[]> response =
        bytes("/v2/models/double/versions/10/infer", text.length, text, 4f, 5f);

    assertThat(response.statusCode()).isEqualTo(200);
    int length =
        Integer.parseInt(
            response.headers().firstValue("Inference-Header-Content-Length").orElseThrow());
    ByteBuffer raw =
        ByteBuffer.wrap(response.body(), length, response.body().length - length)
            .order(ByteOrder.LITTLE_ENDIAN);
    assertThat(raw.getFloat()).isEqualTo(8f);
    assertThat(raw.getFloat()).isEqualTo(10f);
    assertThat(raw.hasRemaining()).isFalse();
    assertThat(new String(response.body(), 0, length, StandardCharsets.UTF_8))
        .contains("\"parameters\":{\"binary_data_size\":8}")
        .doesNotContain("\"data\"");
  }

  @Test
  void aBodyOfOneRawTensorTakesItsShapeFromTheModel() throws Exception {
    HttpResponse<byte[]> response = bytes("/v2/models/double/infer", 0, new byte[0], 1, 2, 3, 4);

    assertThat(response.statusCode()).isEqualTo(200);
    assertThat(bench.seen(InferenceRequest.class))
        .anySatisfy(
            request ->
                assertThat(request.getInputs().get(0).getShape()).isEqualTo(List.of(2L, 2L)));
  }

  private static HttpResponse<byte[]> bytes(
      String path, int jsonLength, byte[] json, float... floats) throws Exception {
    ByteBuffer body =
        ByteBuffer.allocate(json.length + 4 * floats.length)
            .order(ByteOrder.LITTLE_ENDIAN)
            .put(json);
    for (float value : floats) {
      body.putFloat(value);
    }
    return bench
        .http()
        .send(
            HttpRequest.newBuilder(bench.uri(path))
                .header("Inference-Header-Content-Length", String.valueOf(jsonLength))
                .POST(BodyPublishers.ofByteArray(body.array()))
                .build(),
            BodyHandlers.ofByteArray());
  }

  @Test
  void whatDoesNotFitTheSignatureIsRefusedByItsField() throws Exception {
    assertRefused(INPUT.replace("FP32", "FP64") + "}", "inputs[0].datatype: input 'x' is of FP32");
    assertRefused(
        INPUT.replace("[1,2]", "[2,1]") + "}", "inputs[0].shape: input 'x' has shape [-1,2]");
    assertRefused(INPUT.replace("\"x\"", "\"z\"") + "}", "inputs[0].name: 'z' is no input");
    assertRefused(INPUT + ",\"outputs\":[{\"name\":\"q\"}]}", "outputs[0].name: 'q' is no output");
    assertRefused("{\"inputs\":[", "the request is no JSON");
  }

  private static void assertRefused(String body, String message) throws Exception {
    HttpResponse<String> response = bench.post("/v2/models/double/infer", body);
    assertThat(response.statusCode()).as(response.body()).isEqualTo(400);
    assertThat(json(response).path("error").textValue()).contains(message);
  }

  @Test
  void noBeginningOfARequestIsAnythingButTheClientsError() throws Exception {
    String whole = INPUT + "}";
    for (int length = 0; length < whole.length(); length++) {
      HttpResponse<String> response =
          bench.post("/v2/models/double/infer", whole.substring(0, length));

      assertThat(response.statusCode()).as("the first %d characters", length).isEqualTo(400);
      assertThat(json(response).path("error").textValue()).isNotBlank();
    }
  }

  @Test
  void aRefusalOfTheTopologiesIsTheAnswer() throws Exception {
    HttpResponse<String> response =
        bench.post("/v2/models/double/infer", INPUT + ",\"parameters\":{\"fail\":true}}");

    assertThat(response.statusCode()).isEqualTo(503);
    assertThat(json(response).path("error").textValue()).isEqualTo("the queue is full");
  }

  @Test
  void aClientThatGoesAwayCallsItsRunOff() throws Exception {
    bench.topologies(record -> {});
    for (HttpClient.Version version : HttpClient.Version.values()) {
      String mark = "left-" + version;
      CompletableFuture<HttpResponse<String>> call =
          HttpClient.newBuilder()
              .version(version)
              .build()
              .sendAsync(
                  bench.request(
                      "/v2/models/double/infer",
                      INPUT + ",\"parameters\":{\"" + mark + "\":true}}"),
                  BodyHandlers.ofString());
      await().until(() -> asked(mark) != null);

      call.cancel(true);

      await()
          .untilAsserted(
              () ->
                  assertThat(bench.seen(Cancel.class))
                      .extracting(Cancel::getOperationId)
                      .contains(asked(mark)));
    }
    await()
        .until(
            () ->
                bench
                    .get("/metrics")
                    .body()
                    .contains(
                        "nv_inference_request_failure{model=\"double\",reason=\"CANCELED\",version=\"10\"} 2.0"));
  }

  /** The id of the request with a parameter; null: none has come. */
  private static String asked(String parameter) {
    return bench.seen(InferenceRequest.class).stream()
        .filter(request -> request.getParameters().containsKey(parameter))
        .map(InferenceRequest::getId)
        .findFirst()
        .orElse(null);
  }

  @Test
  void anAnswerInPartsIsRefusedAndCalledOff() throws Exception {
    HttpResponse<String> response =
        bench.post("/v2/models/double/infer", INPUT + ",\"parameters\":{\"stream\":true}}");

    assertThat(response.statusCode()).isEqualTo(501);
    await()
        .untilAsserted(
            () ->
                assertThat(bench.seen(Cancel.class))
                    .anySatisfy(cancel -> assertThat(cancel.getReason()).contains("streams")));
  }

  @Test
  void outputsThatLieElsewhereAreRead() throws Exception {
    bench.topologies(
        record -> {
          if (record instanceof InferenceRequest request) {
            RecordMetadata lies =
                bench.write(
                    InferenceTopics.ATTEMPTS,
                    1,
                    "k",
                    Attempt.newBuilder()
                        .setInference(
                            InferenceRun.newBuilder()
                                .setOutputs(
                                    List.of(
                                        new Tensor(
                                            "y",
                                            TensorDatatype.INT8,
                                            List.of(1L),
                                            ByteBuffer.wrap(new byte[] {7}))))
                                .build())
                        .build());
            boolean gone = request.getParameters().containsKey("gone");
            bench.write(
                InferenceTopics.RESULTS,
                request.getReplyPartition(),
                request.getId(),
                InferenceResult.newBuilder()
                    .setOperationId(request.getId())
                    .setOutcome(Outcome.OK)
                    .setServedBy(ServedBy.REPEAT)
                    .setOutputsCoordinates(
                        new Coordinates(
                            lies.topic(), lies.partition(), lies.offset() + (gone ? 1_000 : 0)))
                    .build());
          }
        });

    assertThat(bench.post("/v2/models/double/infer", INPUT + "}").body()).contains("\"data\":[7]");
    HttpResponse<String> gone =
        bench.post("/v2/models/double/infer", INPUT + ",\"parameters\":{\"gone\":true}}");
    assertThat(gone.statusCode()).isEqualTo(502);
    assertThat(json(gone).path("code").textValue()).isEqualTo("OUTPUTS_GONE");
  }

  @Test
  void aParameterThatIsNoNumberIsRefusedAlsoBesideALargeInput() throws Exception {
    String numbers = "1,".repeat(99_999) + "1";
    for (String data : new String[] {"1,1", numbers}) {
      int rows = data.length() / 4 + 1;
      assertRefused(
          "{\"inputs\":[{\"name\":\"x\",\"datatype\":\"FP32\",\"shape\":[%d,2],\"data\":[%s]}],\"parameters\":{\"priority\":\"high\"}}"
              .formatted(rows, data),
          "parameters.priority: expected a whole number");
    }
  }

  @Test
  void anUnknownModelIsNotFoundInTritonsWords() throws Exception {
    HttpResponse<String> response = bench.post("/v2/models/none/infer", INPUT + "}");

    assertThat(response.statusCode()).isEqualTo(404);
    assertThat(json(response).path("error").textValue()).startsWith("Request for unknown model");
    assertThat(bench.get("/v2/models/double/versions/7").statusCode()).isEqualTo(404);
  }

  @Test
  void modelsAreDescribed() throws Exception {
    assertThat(json(bench.get("/v2/models/double")).toString())
        .isEqualTo(
            "{\"name\":\"double\",\"versions\":[\"10\",\"2\",\"1\"],\"platform\":\"onnxruntime_onnx\","
                + "\"inputs\":[{\"name\":\"x\",\"datatype\":\"FP32\",\"shape\":[-1,2]}],"
                + "\"outputs\":[{\"name\":\"y\",\"datatype\":\"FP32\",\"shape\":[-1,2]}]}");
    assertThat(json(bench.get("/v2/models/double/config")).toString())
        .contains("\"max_batch_size\":8")
        .contains("{\"name\":\"x\",\"data_type\":\"TYPE_FP32\",\"dims\":[2]}")
        .contains("\"dynamic_batching\":{}");
    assertThat(bench.get("/v2/models/double/versions/1/ready").statusCode()).isEqualTo(503);
    assertThat(json(bench.get("/v2")).path("extensions").toString()).contains("binary_tensor_data");
    assertThat(json(bench.post("/v2/repository/index", "{\"ready\":true}")).toString())
        .isEqualTo(
            "[{\"name\":\"double\",\"version\":\"10\",\"state\":\"READY\",\"reason\":\"\"}]");
  }

  @Test
  void aDeclarationThatCannotBeReadLeavesTheFormerOne() throws Exception {
    bench.writeBytes(Topics.TARGETS, 0, "model:double@2", new byte[] {1, 2, 3});
    TargetSpec marker = TargetSpec.newBuilder().setKind(TargetKind.MODEL).setName("marker").build();
    bench.write(Topics.TARGETS, 0, "model:marker@1", marker);
    await().until(() -> bench.get("/v2/models/marker").statusCode() == 200);

    assertThat(bench.get("/v2/models/double/versions/2").statusCode()).isEqualTo(200);
    bench.write(Topics.TARGETS, 0, "model:marker@1", (TargetSpec) null);
    await().until(() -> bench.get("/v2/models/marker").statusCode() == 404);
  }

  @Test
  void requestsAreCountedUnderTritonsNames() throws Exception {
    bench.post("/v2/models/double/infer", INPUT + "}");

    assertThat(
            json(bench.get("/v2/models/double/versions/10/stats"))
                .at("/model_stats/0/inference_stats/success/count")
                .longValue())
        .isPositive();
    assertThat(bench.get("/v1/metrics").body())
        .contains("nv_inference_request_success{model=\"double\",version=\"10\"}")
        .contains("nv_inference_exec_count{");
  }

  @Test
  void nimsQuestionsAreAnswered() throws Exception {
    assertThat(bench.get("/v1/health/ready").body())
        .isEqualTo(
            "{\"object\":\"health.response\",\"message\":\"Service is ready.\",\"status\":\"ready\"}");
    assertThat(json(bench.get("/v1/models")).at("/data/0/id").textValue()).isEqualTo("double");
    assertThat(json(bench.get("/v1/metadata")).at("/modelInfo/0/shortName").textValue())
        .isEqualTo("double:10");
    assertThat(json(bench.get("/v1/version")).path("api").textValue()).isEqualTo("v1");
  }

  @Test
  void aLargeTensorComesThrough() throws Exception {
    String numbers = "0.125,".repeat(199_999) + "0.125";
    HttpResponse<String> response =
        bench.post(
            "/v2/models/double/infer",
            "{\"inputs\":[{\"name\":\"x\",\"datatype\":\"FP32\",\"shape\":[100000,2],\"data\":["
                + numbers
                + "]}]}");

    assertThat(response.statusCode()).isEqualTo(200);
    assertThat(json(response).at("/outputs/0/data").size()).isEqualTo(200_000);
    assertThat(json(response).at("/outputs/0/data/199999").floatValue()).isEqualTo(0.25f);
  }
}
