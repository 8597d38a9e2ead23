package io.millrace.inference;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.millrace.events.Attempt;
import io.millrace.events.AttemptPhase;
import io.millrace.events.ControlType;
import io.millrace.events.InferenceRun;
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
import io.millrace.inference.onnx.LanguageModel;
import io.millrace.inference.onnx.OnnxGraph;
import io.millrace.inference.runtime.ModelFile;
import io.millrace.schemas.identity.ChunksDigest;
import io.millrace.schemas.topics.InferenceTopics;
import io.millrace.worker.fixture.WorkerBench;
import io.millrace.worker.runtime.WorkerTopics;
import java.io.IOException;
import java.io.UncheckedIOException;
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

/** Models that answer in chunks, as the log sees them. */
@NullUnmarked
class StreamedModelTest {

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
    worker =
        new InferenceWorker(
            new InferenceWorkerConfig(bench.workerSettings()), new SimpleMeterRegistry());
    worker.start();
    worker.ready().join();
    declare("counter", counter(), "\"stream_feedback\":\"y>x\",\"stream_stop\":\"y=7\"");
    declare("past", past(), "\"stream_state\":\"present>past\",\"stream_feedback\":\"y>x\"");
    declare("lm", LanguageModel.lm(5), "\"stream_append\":\"logits>tokens\"");
    declare("scores", LanguageModel.lm(5), null);
    declare("endless", counter(), "\"stream_feedback\":\"y>x\",\"stream_steps_max\":\"100000\"");
    await().atMost(Duration.ofSeconds(30)).until(() -> worker.readyTargets().size() == 5);
  }

  @AfterAll
  static void stop() {
    assertThat(worker.drain(Duration.ofSeconds(5))).isTrue();
    bench.close();
  }

  /** y = x + 1. */
  private static OnnxGraph counter() {
    OnnxGraph graph = new OnnxGraph("counter");
    String x = graph.input("x", TensorDatatype.INT64, -1, 1);
    graph.node("Add", Map.of(), List.of(x, graph.longs(1)), List.of("y"));
    graph.output("y", TensorDatatype.INT64, -1, 1);
    return graph;
  }

  /** y is the sum of all that x has been. */
  private static OnnxGraph past() {
    OnnxGraph graph = new OnnxGraph("past");
    String x = graph.input("x", TensorDatatype.FP32, -1, 1);
    String past = graph.input("past", TensorDatatype.FP32, -1, -1);
    graph.node("Concat", Map.of("axis", 1L), List.of(past, x), List.of("present"));
    graph.node("ReduceSum", Map.of(), List.of("present", graph.longs(1)), List.of("y"));
    graph.output("present", TensorDatatype.FP32, -1, -1);
    graph.output("y", TensorDatatype.FP32, -1, 1);
    return graph;
  }

  /** Null parameters: it answers at once. */
  private static void declare(String name, OnnxGraph graph, String parameters) {
    Path file = directory.resolve(name + ".onnx");
    try {
      graph.write(file);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    String config =
        parameters == null
            ? "{}"
            : "{\"model_transaction_policy\":{\"decoupled\":true},\"parameters\":{%s}}"
                .formatted(
                    parameters.replaceAll("\":\"([^\"]*)\"", "\":{\"string_value\":\"$1\"}"));
    bench.declare(
        TargetSpec.newBuilder()
            .setTarget("model:" + name + "@1")
            .setKind(TargetKind.MODEL)
            .setName(name)
            .setTimeoutMs(60_000)
            .setModel(
                ModelSpec.newBuilder()
                    .setUri(file.toUri().toString())
                    .setSha256(ModelFile.sha256(file))
                    .setConfig(config)
                    .build())
            .build());
  }

  private static Task send(String name, Map<String, String> parameters, Tensor... inputs) {
    Task task =
        WorkerBench.task("model:" + name + "@1", "")
            .setKind(OperationKind.INFERENCE)
            .setInference(
                InferenceWork.newBuilder()
                    .setInputs(List.of(inputs))
                    .setParameters(parameters)
                    .build())
            .build();
    bench.send("default", task);
    return task;
  }

  private static Attempt done(Task task) {
    await()
        .atMost(Duration.ofSeconds(30))
        .pollInterval(Duration.ofMillis(10))
        .until(() -> !bench.attempts(task.getId(), AttemptPhase.DONE).isEmpty());
    return bench.attempts(task.getId(), AttemptPhase.DONE).get(0);
  }

  /** All chunks, the last included, which must be in order, each linked to the one before. */
  private static List<InferenceRun> chunks(Task task) {
    Attempt done = done(task);
    assertThat(done.getFailure()).isNull();
    List<InferenceRun> chunks = new ArrayList<>();
    for (Attempt attempt : bench.attempts(task.getId(), AttemptPhase.RUNNING)) {
      if (attempt.getInference() != null) {
        chunks.add(attempt.getInference());
      }
    }
    chunks.add(done.getInference());
    String digest = "";
    for (int i = 0; i < chunks.size(); i++) {
      InferenceRun chunk = chunks.get(i);
      digest = ChunksDigest.next(digest, chunk.getOutputs());
      assertThat(chunk.getChunk()).isEqualTo(i);
      assertThat(chunk.getLast()).isEqualTo(i == chunks.size() - 1);
      assertThat(chunk.getChunksDigest()).isEqualTo(digest);
    }
    return chunks;
  }

  private static Tensor longs(long value) {
    return Tensors.longs("x", List.of(1L, 1L), value);
  }

  @Test
  void outputsGoIntoTheNextStepUntilOneHasTheValueThatStops() {
    List<InferenceRun> chunks = chunks(send("counter", Map.of(), longs(2)));
    assertThat(chunks)
        .extracting(chunk -> Tensors.ints(chunk.getOutputs().get(0))[0])
        .containsExactly(3, 4, 5, 6, 7);
    assertThat(chunks.get(0).getOutputs()).extracting(Tensor::getName).containsExactly("y");
  }

  @Test
  void aRequestMayAskForFewerSteps() {
    assertThat(chunks(send("counter", Map.of("max_steps", "2"), longs(2)))).hasSize(2);
    Attempt refused = done(send("counter", Map.of("max_steps", "\"many\""), longs(2)));
    assertThat(refused.getFailure().getCode()).isEqualTo("INPUT_INVALID");
    assertThat(refused.getFailure().getMessage()).contains("max_steps");
  }

  @Test
  void statesGrowUnseenFromNothing() {
    Tensor one = Tensors.floats("x", List.of(1L, 1L), 1);
    List<InferenceRun> chunks = chunks(send("past", Map.of("max_steps", "5"), one));
    assertThat(chunks)
        .extracting(chunk -> Tensors.floats(chunk.getOutputs().get(0))[0])
        .containsExactly(1f, 2f, 4f, 8f, 16f);
    assertThat(chunks.get(4).getOutputs()).extracting(Tensor::getName).containsExactly("y");
    Attempt refused = done(send("past", Map.of(), one, Tensors.floats("past", List.of(1L, 1L), 1)));
    assertThat(refused.getFailure().getMessage()).contains("past");
  }

  @Test
  void aLanguageModelGoesOnWithItsMostLikelyTokens() {
    int[] prompt = {77, 105, 108, 108};
    List<InferenceRun> chunks =
        chunks(
            send("lm", Map.of("max_steps", "6"), Tensors.ints("tokens", List.of(1L, 4L), prompt)));
    List<Integer> tokens = new ArrayList<>();
    for (InferenceRun chunk : chunks) {
      assertThat(chunk.getOutputs()).extracting(Tensor::getName).containsExactly("tokens");
      tokens.add(Tensors.ints(chunk.getOutputs().get(0))[0]);
    }
    List<Integer> expected = new ArrayList<>();
    int[] text = prompt;
    for (int i = 0; i < 6; i++) {
      Tensor input = Tensors.ints("tokens", List.of(1L, (long) text.length), text);
      float[] scores =
          Tensors.floats(done(send("scores", Map.of(), input)).getInference().getOutputs().get(0));
      int best =
          IntStream.range(0, scores.length)
              .reduce((a, b) -> scores[b] > scores[a] ? b : a)
              .orElse(0);
      expected.add(best);
      text = IntStream.concat(IntStream.of(text), IntStream.of(best)).toArray();
    }
    assertThat(tokens).isEqualTo(expected);
  }

  @Test
  void aCancelEndsItInTheMiddle() {
    Task task = send("endless", Map.of(), longs(0));
    await().until(() -> bench.attempts(task.getId(), AttemptPhase.RUNNING).size() > 10);
    bench.control(ControlType.CANCEL, task.getOperationId(), task.getId(), "");
    assertThat(done(task).getOutcome()).isEqualTo(Outcome.CANCELLED);
    assertThat(bench.attempts(task.getId(), AttemptPhase.RUNNING)).hasSizeLessThan(99_999);
    assertThat(done(send("counter", Map.of(), longs(5))).getOutcome()).isEqualTo(Outcome.OK);
  }
}
