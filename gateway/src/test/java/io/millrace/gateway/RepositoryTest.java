package io.millrace.gateway;

import static io.millrace.gateway.GatewayBench.json;
import static io.millrace.gateway.GrpcClient.field;
import static io.millrace.gateway.GrpcClient.join;
import static io.millrace.gateway.GrpcClient.texts;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.millrace.events.ModelSpec;
import io.millrace.events.OperationKind;
import io.millrace.events.PoolLoad;
import io.millrace.events.TargetKind;
import io.millrace.events.TargetSpec;
import io.millrace.events.WorkerStatus;
import io.millrace.schemas.topics.Topics;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Loading and unloading, where the test plays the worker. */
class RepositoryTest {
  private static final String MODEL = "/v2/repository/models/m/";

  @TempDir Path directory;
  private GatewayBench bench;

  @BeforeEach
  void start() throws Exception {
    bench = new GatewayBench(directory, Map.of());
    for (String version : List.of("1", "2")) {
      bench.write(
          Topics.TARGETS,
          null,
          "model:m@" + version,
          TargetSpec.newBuilder()
              .setTarget("model:m@" + version)
              .setKind(TargetKind.MODEL)
              .setName("m")
              .setVersion(version)
              .setPool("cpu")
              .setModel(ModelSpec.newBuilder().setUri("file:///m").build())
              .build());
    }
    worker(Map.of(), "model:m@1", "model:m@2");
    await().until(() -> states().equals(List.of("READY", "READY")));
  }

  @AfterEach
  void stop() throws Exception {
    bench.close();
  }

  private void worker(Map<String, String> problems, String... ready) {
    bench.write(
        Topics.WORKERS,
        null,
        "w",
        WorkerStatus.newBuilder()
            .setWorkerId("w")
            .setKind(OperationKind.INFERENCE)
            .setOccurredAt(Instant.now().plus(Duration.ofMinutes(5)))
            .setPools(List.of(PoolLoad.newBuilder().setPool("cpu").build()))
            .setTargets(List.of(ready))
            .setProblems(problems)
            .build());
  }

  private List<String> states() throws Exception {
    return strings("state");
  }

  private List<String> strings(String member) throws Exception {
    var index = json(bench.post("/v2/repository/index", ""));
    return Stream.iterate(0, i -> i < index.size(), i -> i + 1)
        .map(i -> index.get(i).path(member).textValue())
        .toList();
  }

  private CompletableFuture<HttpResponse<String>> ask(String what) {
    return CompletableFuture.supplyAsync(
        () -> {
          try {
            return bench.post(MODEL + what, "{\"parameters\":{}}");
          } catch (Exception e) {
            throw new IllegalStateException(e);
          }
        });
  }

  private static HttpResponse<String> got(CompletableFuture<HttpResponse<String>> response)
      throws Exception {
    return response.get(20, TimeUnit.SECONDS);
  }

  @Test
  void aModelIsUnloadedOnceNoWorkerHasItAndLoadedOnceAllVersionsAreReady() throws Exception {
    CompletableFuture<HttpResponse<String>> unload = ask("unload");
    await().until(() -> states().equals(List.of("UNLOADING", "UNLOADING")));
    assertThat(unload.isDone()).isFalse();
    worker(Map.of(), "model:m@1");
    worker(Map.of());
    assertThat(got(unload).statusCode()).as(got(unload).body()).isEqualTo(200);
    assertThat(states()).containsOnly("UNAVAILABLE");
    assertThat(strings("reason")).containsOnly("unloaded");

    HttpResponse<String> infer =
        bench.post(
            "/v2/models/m/infer",
            "{\"inputs\":[{\"name\":\"x\",\"datatype\":\"INT8\",\"shape\":[1],\"data\":[1]}]}");
    assertThat(infer.statusCode()).isEqualTo(503);
    assertThat(json(infer).path("error").textValue())
        .isEqualTo(
            "Request for unknown model: 'm' has no available versions: it is unloaded; load it with POST /v2/repository/models/m/load");
    assertThat(json(infer).path("code").textValue()).isEqualTo("MODEL_UNLOADED");

    CompletableFuture<HttpResponse<String>> load = ask("load");
    await().until(() -> states().equals(List.of("LOADING", "LOADING")));
    worker(Map.of(), "model:m@1");
    await().until(() -> states().equals(List.of("LOADING", "READY")));
    assertThat(load.isDone()).isFalse();
    worker(Map.of(), "model:m@1", "model:m@2");
    assertThat(got(load).statusCode()).as(got(load).body()).isEqualTo(200);
  }

  @Test
  void aModelThatDoesNotLoadIsAnErrorThatSaysWhy() throws Exception {
    worker(Map.of(), "model:m@1");
    CompletableFuture<HttpResponse<String>> load = ask("load");
    worker(Map.of("model:m@2", "MODEL_INVALID: it is no ONNX"), "model:m@1");

    assertThat(got(load).statusCode()).isEqualTo(400);
    assertThat(json(got(load)).path("error").textValue())
        .isEqualTo("failed to load 'm', model:m@2: MODEL_INVALID: it is no ONNX");
    assertThat(strings("reason")).contains("MODEL_INVALID: it is no ONNX");
  }

  @Test
  void whatDoesNotHappenInTimeIsSaidSo() throws Exception {
    HttpResponse<String> unload = bench.post(MODEL + "unload", "", "Request-Timeout", "300ms");

    assertThat(unload.statusCode()).isEqualTo(504);
    assertThat(json(unload).path("error").textValue()).startsWith("failed to unload 'm' in time");
  }

  @Test
  void whatCannotBeDoneIsRefusedByItsField() throws Exception {
    assertRefused(MODEL + "load", "{\"parameters\":{\"config\":\"{}\"}}", "parameters.config: ");
    assertRefused(
        MODEL + "unload",
        "{\"parameters\":{\"unload_dependents\":true}}",
        "parameters.unload_dependents: expected false");
    HttpResponse<String> unknown = bench.post("/v2/repository/models/none/load", "");
    assertThat(unknown.statusCode()).isEqualTo(404);
    assertThat(json(unknown).path("error").textValue()).startsWith("failed to load 'none'");
    assertThat(states()).containsOnly("READY");
  }

  private void assertRefused(String path, String body, String error) throws Exception {
    HttpResponse<String> response = bench.post(path, body);
    assertThat(response.statusCode()).isEqualTo(400);
    assertThat(json(response).path("error").textValue()).startsWith(error);
  }

  @Test
  void bothGoByGrpcToo() throws Exception {
    try (GrpcClient client = new GrpcClient(bench.gateway().url())) {
      CompletableFuture<GrpcClient.Reply> unload =
          CompletableFuture.supplyAsync(
              () -> {
                try {
                  return client.call(
                      "RepositoryModelUnload",
                      join(
                          texts(2, "m"),
                          field(
                              3,
                              join(
                                  texts(1, "unload_dependents"), field(2, new byte[] {0x08, 0})))));
                } catch (Exception e) {
                  throw new IllegalStateException(e);
                }
              });
      await().until(() -> states().equals(List.of("UNLOADING", "UNLOADING")));
      worker(Map.of());
      assertThat(unload.get(20, TimeUnit.SECONDS).status()).isZero();

      GrpcClient.Reply load = client.call("RepositoryModelLoad", texts(2, "none"));
      assertThat(load.status()).isEqualTo(5);
      assertThat(load.error()).startsWith("failed to load 'none'");
    }
  }
}
