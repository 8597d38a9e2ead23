package io.millrace.inference.remote;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;
import static org.awaitility.Awaitility.await;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.millrace.events.InferenceRun;
import io.millrace.events.InferenceWork;
import io.millrace.events.ModelSpec;
import io.millrace.events.TargetKind;
import io.millrace.events.TargetSpec;
import io.millrace.events.Tensor;
import io.millrace.events.TensorDatatype;
import io.millrace.inference.ModelException;
import io.millrace.worker.task.Cancellation;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A model of a server that speaks the protocol, as far as the test plays it. */
class RemoteModelsTest {
  private static final String TARGET = "model:echo@1";
  private static final int BYTES_MAX = 1 << 10;

  private final ExecutorService threads = Executors.newCachedThreadPool();
  private final CompletableFuture<String> asked = new CompletableFuture<>();
  private final RemoteModels models = new RemoteModels(pool -> pool.equals("default"), BYTES_MAX);
  private HttpServer server;
  private volatile boolean ready = true;
  private volatile String extensions = "[\"binary_tensor_data\"]";
  private volatile Answer answer = RemoteModelsTest::echo;

  private interface Answer {
    void to(HttpExchange exchange, String json, byte[] raw) throws IOException;
  }

  @BeforeEach
  void start() throws IOException {
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.setExecutor(threads);
    server.createContext("/v2", this::serve);
    server.start();
  }

  @AfterEach
  void stop() {
    models.close();
    server.stop(0);
    threads.shutdownNow();
  }

  private void serve(HttpExchange exchange) throws IOException {
    switch (exchange.getRequestURI().getPath()) {
      case "/v2" -> send(exchange, 200, "{\"extensions\":" + extensions + "}");
      case "/v2/models/echo/ready" -> send(exchange, ready ? 200 : 503, "{\"ready\":false}");
      case "/v2/models/echo/infer" -> {
        byte[] body = exchange.getRequestBody().readAllBytes();
        int length =
            Integer.parseInt(
                exchange.getRequestHeaders().getFirst("Inference-Header-Content-Length"));
        String json = new String(body, 0, length, StandardCharsets.UTF_8);
        asked.complete(json);
        answer.to(exchange, json, Arrays.copyOfRange(body, length, body.length));
      }
      default -> send(exchange, 404, "{}");
    }
  }

  private static void send(HttpExchange exchange, int status, String body) throws IOException {
    byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
    exchange.sendResponseHeaders(status, bytes.length);
    exchange.getResponseBody().write(bytes);
    exchange.close();
  }

  private static void echo(HttpExchange exchange, String json, byte[] raw) throws IOException {
    raw(exchange, "{\"name\":\"y\",\"datatype\":\"UINT8\",\"shape\":[" + raw.length + "]", raw);
  }

  private static void raw(HttpExchange exchange, String output, byte[] raw) throws IOException {
    byte[] head =
        ("{\"outputs\":[" + output + ",\"parameters\":{\"binary_data_size\":" + raw.length + "}}]}")
            .getBytes(StandardCharsets.UTF_8);
    exchange.getResponseHeaders().add("Inference-Header-Content-Length", "" + head.length);
    exchange.sendResponseHeaders(200, head.length + raw.length);
    exchange.getResponseBody().write(head);
    exchange.getResponseBody().write(raw);
    exchange.close();
  }

  private TargetSpec.Builder target() {
    return TargetSpec.newBuilder()
        .setTarget(TARGET)
        .setKind(TargetKind.MODEL)
        .setName("echo")
        .setModel(
            ModelSpec.newBuilder()
                .setUri("http://127.0.0.1:" + server.getAddress().getPort() + "/v2/models/echo")
                .build());
  }

  private void declare() {
    models.declared(TARGET, target().build());
    await().until(() -> models.ready().equals(List.of(TARGET)));
  }

  private static List<Tensor> inputs(int... bytes) {
    byte[] data = new byte[bytes.length];
    for (int i = 0; i < data.length; i++) {
      data[i] = (byte) bytes[i];
    }
    // Behind other bytes and before them: not the whole buffer is the tensor.
    ByteBuffer buffer = ByteBuffer.allocate(data.length + 5).position(3).put(data);
    buffer.flip().position(3);
    return List.of(
        new Tensor("x", TensorDatatype.UINT8, List.of((long) data.length), buffer.slice()));
  }

  private InferenceRun run(List<Tensor> inputs) throws Exception {
    return models
        .run(
            TARGET,
            InferenceWork.newBuilder()
                .setOutputs(List.of("y"))
                .setPriority(2)
                .setParameters(Map.of("p", "{\"a\":1}"))
                .build(),
            inputs,
            Duration.ofSeconds(5),
            new Cancellation())
        .toCompletableFuture()
        .get(10, TimeUnit.SECONDS);
  }

  private ModelException failure() {
    Throwable thrown = catchThrowable(() -> run(inputs(1)));
    assertThat(thrown).hasCauseInstanceOf(ModelException.class);
    return (ModelException) thrown.getCause();
  }

  @Test
  void tensorsGoAndComeAsTheyAre() throws Exception {
    declare();

    InferenceRun run = run(inputs(1, 2, 255));

    assertThat(run.getOutputs().get(0).getName()).isEqualTo("y");
    assertThat(run.getOutputs().get(0).getShape()).containsExactly(3L);
    ByteBuffer data = run.getOutputs().get(0).getData();
    assertThat(new int[] {data.get(), data.get(), data.get()}).containsExactly(1, 2, -1);
    assertThat(run.getDevice()).isEqualTo("remote");
    assertThat(run.getComputeMs()).isPositive();
    assertThat(run.getLast()).isTrue();
    assertThat(asked.get())
        .isEqualTo(
            "{\"parameters\":{\"p\":{\"a\":1},\"priority\":2,\"binary_data_output\":true},"
                + "\"inputs\":[{\"name\":\"x\",\"datatype\":\"UINT8\",\"shape\":[3],"
                + "\"parameters\":{\"binary_data_size\":3}}],"
                + "\"outputs\":[{\"name\":\"y\",\"parameters\":{\"binary_data\":true}}]}");
  }

  @Test
  void aModelIsReadyWhenItsServerSaysSo() {
    ready = false;
    models.declared(TARGET, target().build());
    await().until(() -> models.problems().getOrDefault(TARGET, "").contains("answered 503"));
    assertThat(models.ready()).isEmpty();

    ready = true;
    await().until(() -> models.ready().equals(List.of(TARGET)));
    assertThat(models.problems()).isEmpty();
  }

  @Test
  void aServerWithoutRawTensorsIsNotUsed() {
    extensions = "[]";
    models.declared(TARGET, target().build());

    await()
        .until(() -> models.problems().getOrDefault(TARGET, "").startsWith("REMOTE_UNSUPPORTED"));
    assertThat(models.ready()).isEmpty();
  }

  @Test
  void whatIsUnloadedRemovedOrOfAnotherPoolIsNotServed() {
    for (TargetSpec other :
        new TargetSpec[] {
          target().setUnloaded(true).build(), target().setPool("other").build(), null
        }) {
      declare();
      models.declared(TARGET, other);
      assertThat(models.has(TARGET)).isFalse();
      assertThat(models.ready()).isEmpty();
    }
  }

  @ParameterizedTest
  @CsvSource({
    "400, REMOTE_REFUSED, false",
    "404, REMOTE_REFUSED, false",
    "429, REMOTE_OVERLOADED, true",
    "503, REMOTE_OVERLOADED, true",
    "500, REMOTE_FAILED, true"
  })
  void anErrorSaysWhatTheServerSaid(int status, String code, boolean retryable) {
    declare();
    answer = (exchange, json, raw) -> send(exchange, status, "{\"error\":\"x is wrong\"}");

    ModelException failure = failure();

    assertThat(failure.code()).isEqualTo(code);
    assertThat(failure.retryable()).isEqualTo(retryable);
    assertThat(failure).hasMessageEndingWith("the server answered " + status + ": x is wrong");
  }

  @Test
  void aServerThatIsGoneMayBeTriedAgain() {
    declare();
    server.stop(0);

    assertThat(failure().code()).isEqualTo("REMOTE_UNAVAILABLE");
    assertThat(failure().retryable()).isTrue();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{'name':'y','datatype':'FP32','shape':[2147483648]     | output 'y' is \"FP32\" of shape",
        "{'name':'y','datatype':'FP33','shape':[10]             | output 'y' is \"FP33\"",
        "{'name':'y','datatype':'UINT8','shape':[-1]            | output 'y' is \"UINT8\" of shape [-1]",
        "{'name':'y','datatype':'BYTES','shape':[1]             | output 'y' is \"BYTES\"",
        "{'name':'y','datatype':'UINT8','shape':[2,2],          | it is no JSON"
      })
  void anAnswerThatIsNoneIsSaidSo(String output, String message) {
    declare();
    answer =
        (exchange, json, raw) -> raw(exchange, output.strip().replace('\'', '"'), new byte[10]);

    assertThat(failure().code()).isEqualTo("REMOTE_ANSWER_INVALID");
    assertThat(failure()).hasMessageContaining(message);
  }

  @Test
  void rawBytesThatAreNotThereAreMissed() {
    declare();
    answer =
        (exchange, json, raw) ->
            send(exchange, 200, "{\"outputs\":[{\"name\":\"y\",\"data\":[1]}]}");
    assertThat(failure()).hasMessageContaining("'y' declares no raw bytes, and 0 are left");
  }

  @Test
  void anAnswerThatIsTooLongIsGivenUp() {
    declare();
    answer =
        (exchange, json, raw) ->
            raw(
                exchange,
                "{\"name\":\"y\",\"datatype\":\"UINT8\",\"shape\":[3000000]",
                new byte[3_000_000]);

    assertThat(failure().code()).isEqualTo("REMOTE_ANSWER_TOO_LARGE");
  }

  @Test
  void aRunThatIsCalledOffEndsTheRequest() throws Exception {
    declare();
    CompletableFuture<Void> over = new CompletableFuture<>();
    CompletableFuture<IOException> gone = new CompletableFuture<>();
    answer =
        (exchange, json, raw) -> {
          over.join();
          try {
            raw(
                exchange,
                "{\"name\":\"y\",\"datatype\":\"UINT8\",\"shape\":[900000]",
                new byte[900_000]);
            gone.complete(null);
          } catch (IOException e) {
            gone.complete(e);
          }
        };
    Cancellation cancellation = new Cancellation();
    CompletableFuture<InferenceRun> run =
        models
            .run(
                TARGET,
                InferenceWork.newBuilder().build(),
                inputs(1),
                Duration.ofSeconds(30),
                cancellation)
            .toCompletableFuture();
    asked.get(10, TimeUnit.SECONDS);

    cancellation.cancel();

    assertThat(catchThrowable(() -> run.get(10, TimeUnit.SECONDS))).isNotNull();
    over.complete(null);
    assertThat(gone.get(10, TimeUnit.SECONDS)).isNotNull();
  }
}
