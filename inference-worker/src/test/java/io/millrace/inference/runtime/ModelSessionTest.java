package io.millrace.inference.runtime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;
import static org.awaitility.Awaitility.await;

import io.millrace.events.Tensor;
import io.millrace.events.TensorDatatype;
import io.millrace.inference.ModelException;
import io.millrace.inference.fixture.Tensors;
import io.millrace.inference.onnx.LanguageModel;
import io.millrace.inference.onnx.OnnxFile;
import io.millrace.inference.onnx.OnnxGraph;
import io.millrace.inference.onnx.SeededModels;
import io.millrace.inference.repository.ModelConfig;
import io.millrace.inference.repository.Signature;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class ModelSessionTest {

  @TempDir Path directory;

  /** A model that gives its input back, of rows with so many elements; -1: any. */
  private static OnnxGraph identity(TensorDatatype type, long elements) {
    OnnxGraph graph = new OnnxGraph("identity");
    String input = graph.input("x", type, -1, elements);
    graph.node("Identity", Map.of(), List.of(input), List.of("y"));
    graph.output("y", type, -1, elements);
    return graph;
  }

  private static OnnxGraph unary(String operator) {
    OnnxGraph graph = new OnnxGraph(operator);
    String input = graph.input("x", TensorDatatype.FP32, -1, 2);
    graph.node(operator, Map.of(), List.of(input), List.of("y"));
    graph.output("y", TensorDatatype.FP32, -1, 2);
    return graph;
  }

  @Test
  void requestsOfOneBatchGetTheirOwnRows() {
    try (Served served = new Served(directory, SeededModels.tiny(), "", 1, false)) {
      List<Request> requests =
          IntStream.range(0, 10)
              .mapToObj(i -> served.submit(Tensors.tiny(1 + i % 3, 100 * i, i)))
              .toList();
      served.begin();
      for (int i = 0; i < 10; i++) {
        int rows = 1 + i % 3;
        int from = 100 * i;
        int other = i;
        Request.Answer answer = Served.answer(requests.get(i));
        assertThat(answer.outputs())
            .extracting(Tensor::getName)
            .containsExactly("OUTPUT0", "OUTPUT1");
        assertThat(answer.outputs().get(0).getShape()).containsExactly((long) rows, 16L);
        assertThat(Tensors.ints(answer.outputs().get(0)))
            .isEqualTo(IntStream.range(from, from + rows * 16).map(v -> v + other).toArray());
        assertThat(Tensors.ints(answer.outputs().get(1)))
            .isEqualTo(IntStream.range(from, from + rows * 16).map(v -> v - other).toArray());
        assertThat(answer.batchSize()).isEqualTo(19);
        assertThat(answer.computeMs()).isPositive();
        assertThat(answer.batchMs()).isPositive();
      }
    }
  }

  @Test
  void aRequestOfManyRowsRunsInPiecesAndComesBackWhole() {
    try (Served served = new Served(directory, SeededModels.tiny(), "max_batch_size: 4", 2, true)) {
      Request.Answer answer = served.run(Tensors.tiny(103, 7, 1));
      assertThat(answer.outputs().get(0).getShape()).containsExactly(103L, 16L);
      assertThat(Tensors.ints(answer.outputs().get(0)))
          .isEqualTo(IntStream.range(8, 8 + 103 * 16).toArray());
      assertThat(answer.batchSize()).isEqualTo(4);
    }
  }

  @Test
  void onlyTheOutputsThatAreWantedComeBack() {
    try (Served served = new Served(directory, SeededModels.tiny(), "", 1, false)) {
      Request one = served.submit(Tensors.tiny(1, 0, 1), "OUTPUT1");
      Request both = served.submit(Tensors.tiny(1, 0, 1));
      served.begin();
      assertThat(Served.answer(one).outputs())
          .extracting(Tensor::getName)
          .containsExactly("OUTPUT1");
      assertThat(Served.answer(both).outputs()).hasSize(2);
      assertThat(served.run(Tensors.tiny(1, 0, 1), "OUTPUT0").outputs())
          .extracting(Tensor::getName)
          .containsExactly("OUTPUT0");
    }
  }

  @ParameterizedTest
  @EnumSource(
      value = TensorDatatype.class,
      mode = EnumSource.Mode.EXCLUDE,
      names = {"UNKNOWN", "BYTES"})
  void everyDatatypePassesUnchanged(TensorDatatype type) {
    try (Served served = new Served(directory, identity(type, 3), "", 1, true)) {
      int bytes = 2 * 3 * Elements.bytes(type);
      byte[] random = new byte[bytes];
      new Random(1).nextBytes(random);
      for (int i = 0; i < bytes; i++) {
        // Neither NaN nor, for BOOL, anything but 0 and 1.
        random[i] &= (byte) (type == TensorDatatype.BOOL ? 1 : 0x3F);
      }
      Tensor input = new Tensor("x", type, List.of(2L, 3L), ByteBuffer.wrap(random));
      Tensor output = served.run(List.of(input)).outputs().get(0);
      assertThat(output.getDatatype()).isEqualTo(type);
      assertThat(output.getShape()).containsExactly(2L, 3L);
      assertThat(output.getData()).isEqualTo(ByteBuffer.wrap(random));
    }
  }

  @Test
  void textsPassUnchangedAlsoInPiecesAndBatches() {
    try (Served served =
        new Served(directory, identity(TensorDatatype.BYTES, 2), "max_batch_size: 2", 1, false)) {
      Request three =
          served.submit(
              List.of(Tensors.texts("x", List.of(3L, 2L), "a", "", "é€", "d", "e", "fgh")));
      Request one = served.submit(List.of(Tensors.texts("x", List.of(1L, 2L), "1", "2")));
      served.begin();
      assertThat(Served.answer(three).outputs().get(0).getData())
          .isEqualTo(Tensors.texts("y", List.of(), "a", "", "é€", "d", "e", "fgh").getData());
      assertThat(Served.answer(one).outputs().get(0).getData())
          .isEqualTo(Tensors.texts("y", List.of(), "1", "2").getData());
    }
  }

  @Test
  void rowsOfDifferentShapesAreNotMixed() {
    try (Served served = new Served(directory, identity(TensorDatatype.INT32, -1), "", 1, false)) {
      List<Request> requests = new ArrayList<>();
      for (int i = 0; i < 12; i++) {
        int length = 1 + i % 3;
        int[] values = IntStream.range(i, i + length).toArray();
        requests.add(served.submit(List.of(Tensors.ints("x", List.of(1L, (long) length), values))));
      }
      served.begin();
      for (int i = 0; i < 12; i++) {
        Request.Answer answer = Served.answer(requests.get(i));
        assertThat(Tensors.ints(answer.outputs().get(0)))
            .isEqualTo(IntStream.range(i, i + 1 + i % 3).toArray());
        assertThat(answer.batchSize()).isEqualTo(4);
      }
    }
  }

  @Test
  void outputsThatAreNoNumbersFailTheirRequestAlone() {
    try (Served served = new Served(directory, unary("Sqrt"), "", 1, false)) {
      Request bad = served.submit(List.of(Tensors.floats("x", List.of(1L, 2L), -1, 4)));
      Request good = served.submit(List.of(Tensors.floats("x", List.of(1L, 2L), 9, 4)));
      served.begin();
      assertThatThrownBy(() -> Served.answer(bad))
          .isInstanceOfSatisfying(
              ModelException.class, e -> assertThat(e.code()).isEqualTo("OUTPUT_NOT_A_NUMBER"))
          .hasMessageContaining("output 'y'");
      assertThat(Tensors.floats(Served.answer(good).outputs().get(0))).containsExactly(3, 2);
    }
    String allowed = "parameters { key: \"allow_nan\" value { string_value: \"true\" } }";
    try (Served served = new Served(directory, unary("Sqrt"), allowed, 1, true)) {
      Request.Answer answer = served.run(List.of(Tensors.floats("x", List.of(1L, 2L), -1, 4)));
      assertThat(Tensors.floats(answer.outputs().get(0))).containsExactly(Float.NaN, 2);
    }
  }

  @Test
  void whatOneRequestBringsAboutDoesNotFailTheOthersOfItsBatch() {
    OnnxGraph graph = new OnnxGraph("lookup");
    String input = graph.input("x", TensorDatatype.INT32, -1, 1);
    String table = graph.floats(new float[] {10, 11, 12}, 3);
    graph.node("Gather", Map.of(), List.of(table, input), List.of("y"));
    graph.output("y", TensorDatatype.FP32, -1, 1);
    try (Served served = new Served(directory, graph, "", 1, false)) {
      Request good = served.submit(List.of(Tensors.ints("x", List.of(1L, 1L), 2)));
      Request bad = served.submit(List.of(Tensors.ints("x", List.of(1L, 1L), 7)));
      served.begin();
      assertThat(Tensors.floats(Served.answer(good).outputs().get(0))).containsExactly(12);
      assertThatThrownBy(() -> Served.answer(bad))
          .isInstanceOfSatisfying(
              ModelException.class, e -> assertThat(e.code()).isEqualTo("MODEL_FAILED"))
          .hasMessageContaining("model:test@1");
      assertThat(served.run(List.of(Tensors.ints("x", List.of(1L, 1L), 0))).outputs()).hasSize(1);
    }
  }

  @Test
  void outputsThatAreNotShapedAsTheModelSaysAreCopiedInstead() {
    OnnxGraph graph = new OnnxGraph("doubled");
    String input = graph.input("x", TensorDatatype.INT32, -1, 2);
    graph.node("Concat", Map.of("axis", 1L), List.of(input, input), List.of("y"));
    // The model has four.
    graph.output("y", TensorDatatype.INT32, -1, -1);
    String config = "output { name: \"y\" data_type: TYPE_INT32 dims: 3 }";
    try (Served served = new Served(directory, graph, config, 1, true)) {
      for (int i = 0; i < 2; i++) {
        Tensor y = served.run(List.of(Tensors.ints("x", List.of(1L, 2L), 5, 6))).outputs().get(0);
        assertThat(y.getShape()).containsExactly(1L, 4L);
        assertThat(Tensors.ints(y)).containsExactly(5, 6, 5, 6);
      }
    }
  }

  @Test
  void anOutputWithoutTheRowsOfItsBatchIsNamed() {
    OnnxGraph graph = new OnnxGraph("sum");
    String input = graph.input("x", TensorDatatype.FP32, -1, 2);
    graph.node("ReduceSum", Map.of("keepdims", 1L), List.of(input), List.of("y"));
    graph.output("y", TensorDatatype.FP32, -1, -1);
    try (Served served = new Served(directory, graph)) {
      assertThatThrownBy(
              () -> served.run(List.of(Tensors.floats("x", List.of(2L, 2L), 1, 2, 3, 4))))
          .hasMessageContaining("output 'y'")
          .hasMessageContaining("max_batch_size to 0");
    }
  }

  @Test
  void aModelWithoutBatchDimensionRunsOneRequestAtATime() {
    try (Served served =
        new Served(directory, identity(TensorDatatype.INT32, 2), "max_batch_size: 0", 1, false)) {
      Request one = served.submit(List.of(Tensors.ints("x", List.of(1L, 2L), 1, 2)));
      Request two = served.submit(List.of(Tensors.ints("x", List.of(2L, 2L), 3, 4, 5, 6)));
      served.begin();
      assertThat(Served.answer(one).batchSize()).isEqualTo(1);
      assertThat(Tensors.ints(Served.answer(two).outputs().get(0))).containsExactly(3, 4, 5, 6);
    }
  }

  @Test
  void tooLargeOutputsAreRefused() {
    OnnxGraph graph = new OnnxGraph("large");
    String input = graph.input("x", TensorDatatype.FP32, -1, 1);
    String wide = graph.floats(new float[3 << 20], 3 << 20);
    graph.node("Add", Map.of(), List.of(input, wide), List.of("y"));
    graph.output("y", TensorDatatype.FP32, -1, 3 << 20);
    try (Served served = new Served(directory, graph, "max_batch_size: 2", 1, true)) {
      assertThatThrownBy(() -> served.run(List.of(Tensors.floats("x", List.of(1L, 1L), 1))))
          .isInstanceOfSatisfying(
              ModelException.class, e -> assertThat(e.code()).isEqualTo("OUTPUT_TOO_LARGE"));
    }
  }

  @Test
  void theLanguageModelGivesEachRowWhatItGivesItAlone() {
    try (Served served = new Served(directory, LanguageModel.lm(7), "", 1, false)) {
      List<Request> requests = new ArrayList<>();
      List<List<Tensor>> inputs = new ArrayList<>();
      for (int i = 0; i < 4; i++) {
        int[] tokens = new Random(i).ints(24, 0, 256).toArray();
        inputs.add(List.of(Tensors.ints("tokens", List.of(1L, 24L), tokens)));
        requests.add(served.submit(inputs.get(i)));
      }
      served.begin();
      for (int i = 0; i < 4; i++) {
        Request.Answer together = Served.answer(requests.get(i));
        assertThat(together.batchSize()).isEqualTo(4);
        float[] logits = Tensors.floats(together.outputs().get(0));
        assertThat(logits).hasSize(256);
        float[] alone = Tensors.floats(served.run(inputs.get(i)).outputs().get(0));
        for (int k = 0; k < 256; k++) {
          assertThat(logits[k]).isCloseTo(alone[k], within(1e-3f));
        }
      }
      assertThat(Tensors.floats(Served.answer(requests.get(0)).outputs().get(0)))
          .isNotEqualTo(Tensors.floats(Served.answer(requests.get(1)).outputs().get(0)));
    }
  }

  @Test
  void runsInSessionsOfTheirOwnGiveTheSame() {
    try (Served served =
        new Served(directory, LanguageModel.lm(7), "max_batch_size: 1", 2, false)) {
      served.session.widen();
      assertThat(served.session.width()).isEqualTo(2);
      assertThat(served.session.instance()).isNotSameAs(served.session.instance());
      List<Tensor> input =
          List.of(
              Tensors.ints("tokens", List.of(1L, 24L), new Random(1).ints(24, 0, 256).toArray()));
      List<Request> requests = Stream.generate(() -> served.submit(input)).limit(20).toList();
      served.begin();
      float[] first = Tensors.floats(Served.answer(requests.get(0)).outputs().get(0));
      for (Request request : requests) {
        assertThat(Tensors.floats(Served.answer(request).outputs().get(0))).isEqualTo(first);
      }
    }
  }

  @Test
  void whatOnnxRuntimeDoesNotLoadIsRefusedWithItsReason() throws Exception {
    OnnxGraph graph = new OnnxGraph("odd");
    String input = graph.input("x", TensorDatatype.FP32, -1, 2);
    graph.node("NoSuchOperator", Map.of(), List.of(input), List.of("y"));
    graph.output("y", TensorDatatype.FP32, -1, 2);
    Path file = directory.resolve("odd.onnx");
    graph.write(file);
    refused(file, "NoSuchOperator");
  }

  @Test
  void anOperatorSetThatIsTooNewIsRefusedWithItsNumber() throws Exception {
    byte[] bytes = SeededModels.tiny().bytes();
    // The model ends with the number of its operator set.
    assertThat(bytes[bytes.length - 1]).isEqualTo((byte) 18);
    bytes[bytes.length - 1] = 99;
    refused(Files.write(directory.resolve("new.onnx"), bytes), "99");
  }

  private static void refused(Path file, String reason) {
    Signature signature = Signature.of(OnnxFile.read(file), ModelConfig.none());
    Execution execution = Execution.of(ModelConfig.none(), signature);
    assertThatThrownBy(
            () ->
                ModelSession.open("model:odd@1", file, signature, execution, new Devices(false, 0)))
        .isInstanceOfSatisfying(
            ModelException.class, e -> assertThat(e.code()).isEqualTo("MODEL_INVALID"))
        .hasMessageContaining(reason);
  }

  @Test
  void anotherFileThanTheDeclaredOneIsRefused() throws Exception {
    Path file = directory.resolve("m.onnx");
    SeededModels.tiny().write(file);
    String hash = ModelFile.sha256(file);
    assertThat(ModelFile.fetch(file.toUri().toString(), hash)).isEqualTo(file);
    Files.write(file, new byte[] {1}, StandardOpenOption.APPEND);
    assertThatThrownBy(() -> ModelFile.fetch(file.toUri().toString(), hash))
        .isInstanceOfSatisfying(
            ModelException.class, e -> assertThat(e.code()).isEqualTo("MODEL_HASH_MISMATCH"))
        .hasMessageContaining(hash);
    assertThatThrownBy(() -> ModelFile.fetch("ftp://x/y", hash)).hasMessageContaining("ftp://x/y");
    assertThatThrownBy(() -> ModelFile.fetch("file:///no/where", ""))
        .hasMessageContaining("/no/where");
  }

  @Test
  void memoryBeyondTheBudgetIsNotGiven() {
    MemoryBudget budget = new MemoryBudget(100L << 20);
    long share = budget.take("model:a@1", 40L << 20);
    assertThatThrownBy(() -> budget.take("model:b@1", 1))
        .hasMessageContaining("model:b@1")
        .hasMessageContaining("96 of the 100 MiB");
    budget.give(share);
    assertThat(budget.take("model:b@1", 1)).isPositive();
  }

  @Test
  @Timeout(60)
  void aRunThatNobodyWaitsForIsBrokenOff() {
    OnnxGraph body = new OnnxGraph("body");
    body.input("i", TensorDatatype.INT64);
    String goOn = body.input("go_on", TensorDatatype.BOOL);
    String value = body.input("value", TensorDatatype.FP32, -1, 1);
    body.node("Identity", Map.of(), List.of(goOn), List.of("still"));
    body.node("Identity", Map.of(), List.of(value), List.of("next"));
    body.output("still", TensorDatatype.BOOL);
    body.output("next", TensorDatatype.FP32, -1, 1);
    OnnxGraph endless = new OnnxGraph("endless");
    String x = endless.input("x", TensorDatatype.FP32, -1, 1);
    String times = endless.scalar(Long.MAX_VALUE);
    String yes = endless.constant(TensorDatatype.BOOL, new byte[] {1});
    endless.node("Loop", Map.of("body", body), List.of(times, yes, x), List.of("y"));
    endless.output("y", TensorDatatype.FP32, -1, 1);
    try (Served served = new Served(directory, endless)) {
      Request request = served.submit(List.of(Tensors.floats("x", List.of(1L, 1L), 1)));
      await().until(() -> served.lane.waiting() == 0);
      request.fail(new ModelException("CANCELLED", "gone", false));
      // Closing waits for what runs.
    }
  }
}
