package io.millrace.inference;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.millrace.events.Attempt;
import io.millrace.events.AttemptPhase;
import io.millrace.events.Coordinates;
import io.millrace.events.InferenceRequest;
import io.millrace.events.InferenceWork;
import io.millrace.events.ModelSpec;
import io.millrace.events.OperationKind;
import io.millrace.events.Outcome;
import io.millrace.events.TargetKind;
import io.millrace.events.TargetSpec;
import io.millrace.events.Task;
import io.millrace.events.Tensor;
import io.millrace.events.TensorDatatype;
import io.millrace.inference.fixture.Tensors;
import io.millrace.inference.onnx.OnnxGraph;
import io.millrace.inference.onnx.SeededModels;
import io.millrace.inference.runtime.ModelFile;
import io.millrace.schemas.topics.InferenceTopics;
import io.millrace.worker.fixture.WorkerBench;
import io.millrace.worker.runtime.WorkerTopics;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.jspecify.annotations.NullUnmarked;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Models that are declared, loaded, called and taken back, by the log alone. */
@NullUnmarked
class InferenceWorkerTest {

  @TempDir static Path directory;
  static WorkerBench bench;
  static InferenceWorker worker;

  @BeforeAll
  static void start() {
    bench =
        new WorkerBench(
            directory.resolve("broker"),
            WorkerTopics.models(),
            List.of("default"),
            List.of(InferenceTopics.REQUESTS.name()));
    Map<String, String> settings = bench.workerSettings();
    settings.put(InferenceWorkerConfig.MEMORY_BYTES, Long.toString(200L << 20));
    worker = new InferenceWorker(new InferenceWorkerConfig(settings), new SimpleMeterRegistry());
    worker.start();
    worker.ready().join();
  }

  @AfterAll
  static void stop() {
    assertThat(worker.drain(Duration.ofSeconds(5))).isTrue();
    bench.close();
  }

  private static ModelSpec.Builder model(OnnxGraph graph, String name) {
    Path file = directory.resolve(name + ".onnx");
    try {
      graph.write(file);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return ModelSpec.newBuilder().setUri(file.toUri().toString()).setSha256(ModelFile.sha256(file));
  }

  private static void declare(String name, ModelSpec model) {
    declare(name, model, false);
  }

  private static void declare(String name, ModelSpec model, boolean unloaded) {
    bench.declare(
        TargetSpec.newBuilder()
            .setTarget("model:" + name + "@1")
            .setKind(TargetKind.MODEL)
            .setName(name)
            .setCostMicros(3)
            .setUnloaded(unloaded)
            .setModel(model)
            .build());
  }

  private static void awaitReady(String name) {
    await()
        .pollInterval(Duration.ofMillis(10))
        .until(() -> worker.readyTargets().contains("model:" + name + "@1"));
  }

  private static Task task(String name, InferenceWork work) {
    return WorkerBench.task("model:" + name + "@1", "")
        .setKind(OperationKind.INFERENCE)
        .setInference(work)
        .build();
  }

  private static InferenceWork work(List<Tensor> inputs) {
    return InferenceWork.newBuilder().setInputs(inputs).build();
  }

  private static Attempt run(String name, InferenceWork work) {
    Task task = task(name, work);
    bench.send("default", task);
    return done(task);
  }

  private static Attempt done(Task task) {
    await()
        .pollInterval(Duration.ofMillis(10))
        .until(() -> !bench.attempts(task.getId(), AttemptPhase.DONE).isEmpty());
    return bench.attempts(task.getId(), AttemptPhase.DONE).get(0);
  }

  @Test
  void aDeclaredModelIsLoadedAndAnswersWithWhatItTook() {
    declare("tiny", model(SeededModels.tiny(), "tiny").build());
    awaitReady("tiny");
    List<Task> tasks = new ArrayList<>();
    for (int i = 0; i < 40; i++) {
      Task task = task("tiny", work(Tensors.tiny(1, i, 1)));
      tasks.add(task);
      bench.send("default", task);
    }
    for (int i = 0; i < tasks.size(); i++) {
      Attempt attempt = done(tasks.get(i));
      assertThat(attempt.getOutcome()).isEqualTo(Outcome.OK);
      assertThat(attempt.getCostMicros()).isEqualTo(3);
      assertThat(attempt.getInference().getDevice()).isEqualTo("cpu");
      assertThat(attempt.getInference().getBatchSize()).isPositive();
      assertThat(attempt.getInference().getComputeMs()).isPositive();
      assertThat(Tensors.ints(attempt.getInference().getOutputs().get(0)))
          .isEqualTo(IntStream.range(i + 1, i + 17).toArray());
    }
    assertThat(
            run(
                    "tiny",
                    InferenceWork.newBuilder(work(Tensors.tiny(1, 0, 1)))
                        .setOutputs(List.of("OUTPUT1"))
                        .build())
                .getInference()
                .getOutputs())
        .extracting(Tensor::getName)
        .containsExactly("OUTPUT1");
  }

  @Test
  void theStatusNamesTheModelsThatAreReady() {
    declare("named", model(SeededModels.tiny(), "named").build());
    await()
        .until(
            () ->
                bench.statuses(worker.id()).stream()
                    .anyMatch(
                        status ->
                            status.getTargets().contains("model:named@1")
                                && status.getMetrics().get("models_memory_bytes") > 0));
  }

  @Test
  void inputsThatLieInTheLogAreReadThere() {
    declare("far", model(SeededModels.tiny(), "far").build());
    awaitReady("far");
    List<Coordinates> places = new ArrayList<>();
    for (int i = 0; i < 5; i++) {
      places.add(
          bench.write(
              InferenceTopics.REQUESTS.name(),
              "same",
              InferenceRequest.newBuilder()
                  .setId("r" + i)
                  .setModel("far")
                  .setInputs(Tensors.tiny(1, i, 2))
                  .build()));
    }
    for (int i : new int[] {3, 4, 0, 2, 1, 3}) {
      Attempt attempt =
          run("far", InferenceWork.newBuilder().setInputsCoordinates(places.get(i)).build());
      assertThat(Tensors.ints(attempt.getInference().getOutputs().get(0)))
          .isEqualTo(IntStream.range(i + 2, i + 18).toArray());
    }
    Coordinates last = places.get(4);
    Coordinates other = new Coordinates("tool.attempts", 0, 0L);
    Attempt refused = run("far", InferenceWork.newBuilder().setInputsCoordinates(other).build());
    assertThat(refused.getFailure().getCode()).isEqualTo("INPUT_INVALID");
    Attempt beyond =
        run(
            "far",
            InferenceWork.newBuilder()
                .setInputsCoordinates(
                    new Coordinates(last.getTopic(), last.getPartition(), 1_000_000L))
                .build());
    assertThat(beyond.getFailure().getCode()).isEqualTo("INPUTS_GONE");
  }

  @Test
  void wrongInputsAreNamedAndNotTriedAgain() {
    declare("strict", model(SeededModels.tiny(), "strict").build());
    awaitReady("strict");
    Attempt attempt = run("strict", work(Tensors.tiny(1, 0, 1).subList(0, 1)));
    assertThat(attempt.getOutcome()).isEqualTo(Outcome.TOOL_ERROR);
    assertThat(attempt.getFailure().getCode()).isEqualTo("INPUT_INVALID");
    assertThat(attempt.getFailure().getMessage()).contains("input 'INPUT1' is missing");
    assertThat(attempt.getRetryable()).isFalse();
  }

  @Test
  void aModelThatCannotBeLoadedSaysWhyAndTheOthersGoOn() throws Exception {
    ModelSpec spec = model(SeededModels.tiny(), "changed").build();
    Files.writeString(directory.resolve("changed.onnx"), "something else");
    declare("changed", spec);
    declare("large", model(SeededModels.mlp(1), "large").build());
    declare("sound", model(SeededModels.tiny(), "sound").build());
    awaitReady("sound");
    Attempt attempt = run("changed", work(Tensors.tiny(1, 0, 1)));
    assertThat(attempt.getFailure().getCode()).isEqualTo("MODEL_NOT_READY");
    assertThat(attempt.getFailure().getMessage()).contains("MODEL_HASH_MISMATCH");
    assertThat(attempt.getRetryable()).isTrue();
    assertThat(run("large", work(List.of())).getFailure().getMessage())
        .contains("MEMORY_BUDGET_EXCEEDED");
    assertThat(run("sound", work(Tensors.tiny(1, 0, 1))).getOutcome()).isEqualTo(Outcome.OK);
    model(SeededModels.tiny(), "changed");
    declare("changed", spec);
    awaitReady("changed");
  }

  @Test
  void aNewDeclarationReplacesTheModelAndARemovedOneEndsIt() {
    declare("moving", model(SeededModels.tiny(), "moving").build());
    awaitReady("moving");
    OnnxGraph other = new OnnxGraph("product");
    List<String> inputs =
        List.of(
            other.input("INPUT0", TensorDatatype.INT32, -1, 16),
            other.input("INPUT1", TensorDatatype.INT32, -1, 16));
    other.node("Mul", Map.of(), inputs, List.of("OUTPUT0"));
    other.output("OUTPUT0", TensorDatatype.INT32, -1, 16);
    declare("moving", model(other, "moving2").build());
    await()
        .until(
            () -> {
              Attempt attempt = run("moving", work(Tensors.tiny(1, 1, 3)));
              assertThat(attempt.getOutcome()).as("no gap between the two").isEqualTo(Outcome.OK);
              return attempt.getInference().getOutputs().size() == 1;
            });
    bench.remove("model:moving@1");
    await().until(() -> !worker.readyTargets().contains("model:moving@1"));
  }

  @Test
  void aModelThatIsToBeUnloadedEndsWhatWaitsForItWithOneErrorEach() {
    ModelSpec spec = model(SeededModels.tiny(), "leaving").build();
    declare("leaving", spec);
    awaitReady("leaving");
    List<Task> tasks = new ArrayList<>();
    for (int i = 0; i < 200; i++) {
      Task task = task("leaving", work(Tensors.tiny(1, i, 1)));
      tasks.add(task);
      bench.send("default", task);
    }
    declare("leaving", spec, true);
    for (Task task : tasks) {
      Attempt attempt = done(task);
      assertThat(bench.attempts(task.getId(), AttemptPhase.DONE)).hasSize(1);
      assertThat(attempt.getFailure() == null ? "OK" : attempt.getFailure().getCode())
          .isIn("OK", "MODEL_UNLOADED");
    }
    assertThat(worker.readyTargets()).doesNotContain("model:leaving@1");
    Attempt after = run("leaving", work(Tensors.tiny(1, 0, 1)));
    assertThat(after.getFailure().getCode()).isEqualTo("MODEL_UNLOADED");
    assertThat(after.getFailure().getMessage()).contains("load it first");
    assertThat(after.getRetryable()).as("no worker has it").isFalse();
    declare("leaving", spec);
    awaitReady("leaving");
  }

  @Test
  void theStatusSaysWhatKeepsModelsFromBeingReady() throws Exception {
    ModelSpec spec = model(SeededModels.tiny(), "broken").build();
    Files.writeString(directory.resolve("broken.onnx"), "something else");
    declare("broken", spec);
    await()
        .until(
            () ->
                bench.statuses(worker.id()).stream()
                    .anyMatch(
                        status ->
                            status
                                .getProblems()
                                .getOrDefault("model:broken@1", "")
                                .startsWith("MODEL_HASH_MISMATCH: ")));
  }

  @Test
  void outputsThatTheLogDoesNotTakeAreAFailureNotSilence() {
    OnnxGraph wide = new OnnxGraph("wide");
    String input = wide.input("x", TensorDatatype.FP32, -1, 1);
    int elements = 3 << 19;
    String row = wide.floats(new float[elements], elements);
    wide.node("Add", Map.of(), List.of(input, row), List.of("y"));
    wide.output("y", TensorDatatype.FP32, -1, elements);
    declare("wide", model(wide, "wide").build());
    awaitReady("wide");
    Attempt attempt = run("wide", work(List.of(Tensors.floats("x", List.of(1L, 1L), 1))));
    assertThat(attempt.getOutcome()).isEqualTo(Outcome.TOOL_ERROR);
    assertThat(attempt.getFailure().getCode()).isEqualTo("OUTPUT_TOO_LARGE");
    assertThat(attempt.getInference()).isNull();
  }
}
