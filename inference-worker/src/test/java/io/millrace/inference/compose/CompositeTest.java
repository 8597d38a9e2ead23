package io.millrace.inference.compose;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.events.EnsembleCandidate;
import io.millrace.events.EnsembleOperation;
import io.millrace.events.EnsembleStep;
import io.millrace.events.ModelSpec;
import io.millrace.events.TargetSpec;
import io.millrace.events.Tensor;
import io.millrace.events.TensorDatatype;
import io.millrace.events.TensorSignature;
import io.millrace.inference.ModelException;
import io.millrace.inference.fixture.Tensors;
import io.millrace.inference.runtime.Request;
import io.millrace.schemas.serde.AvroSafety;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import org.jspecify.annotations.NullUnmarked;
import org.junit.jupiter.api.Test;

@NullUnmarked
class CompositeTest {
  static {
    AvroSafety.establish();
  }

  private final List<String> called = new ArrayList<>();

  private static EnsembleStep model(String name, String takes, String makes, String guard) {
    return EnsembleStep.newBuilder()
        .setName(name)
        .setOperation(EnsembleOperation.MODEL)
        .setCandidates(List.of(new EnsembleCandidate("model:" + name + "@1", 1.0)))
        .setInputs(Map.of("x", takes))
        .setOutputs(Map.of("y", makes))
        .setGuard(guard)
        .build();
  }

  private static EnsembleStep condition(String name, String of, String expression) {
    return EnsembleStep.newBuilder()
        .setName(name)
        .setOperation(EnsembleOperation.CONDITION)
        .setOperands(List.of(of))
        .setExpression(expression)
        .setResult(name)
        .build();
  }

  private static EnsembleStep first(String makes, String... of) {
    return EnsembleStep.newBuilder()
        .setName("first-" + makes)
        .setOperation(EnsembleOperation.FIRST)
        .setOperands(List.of(of))
        .setResult(makes)
        .build();
  }

  private static TensorSignature floats(String name) {
    return new TensorSignature(name, TensorDatatype.FP32, List.of(-1L, -1L));
  }

  private static Composite composite(String partOf, List<EnsembleStep> steps, String... outputs) {
    return Composite.of(
        TargetSpec.newBuilder()
            .setTarget("model:pipe@1")
            .setModel(
                ModelSpec.newBuilder()
                    .setSteps(steps)
                    .setInputs(List.of(floats("in")))
                    .setOutputs(
                        java.util.Arrays.stream(outputs).map(CompositeTest::floats).toList())
                    .setPartOf(partOf)
                    .build())
            .build());
  }

  /** Each model adds one to its input. */
  private CompletableFuture<Request.Answer> call(
      String target, List<Tensor> inputs, List<String> outputs) {
    called.add(target.substring(6, target.indexOf('@')));
    assertThat(inputs).extracting(Tensor::getName).containsExactly("x");
    assertThat(outputs).containsExactly("y");
    Tensor made =
        Tensors.floats("y", List.of(1L, 1L), (float) Numbers.of(inputs.get(0)).get(0) + 1);
    return CompletableFuture.supplyAsync(() -> new Request.Answer(List.of(made), 1, 2, 3));
  }

  private Request.Answer run(Composite composite, float in) {
    return composite
        .run(
            List.of(Tensors.floats("in", List.of(1L, 1L), in)),
            List.of(),
            Map.of(),
            "acme",
            this::call)
        .join();
  }

  private static double value(Request.Answer answer) {
    return Numbers.of(answer.outputs().get(0)).get(0);
  }

  @Test
  void stepsRunOneAfterTheOtherAndTheirTimesAddUp() {
    Composite composite =
        composite("", List.of(model("a", "in", "t", ""), model("b", "t", "out", "")), "out");

    Request.Answer answer = run(composite, 5);

    assertThat(called).containsExactly("a", "b");
    assertThat(answer.outputs()).extracting(Tensor::getName).containsExactly("out");
    assertThat(value(answer)).isEqualTo(7);
    assertThat(answer.computeMs()).isEqualTo(4);
    assertThat(answer.batchMs()).isEqualTo(2);
    assertThat(answer.batchSize()).isEqualTo(3);
  }

  @Test
  void itStopsEarlyWhereTheSmallModelIsSure() {
    Composite composite =
        composite(
            "",
            List.of(
                model("small", "in", "s", ""),
                condition("unsure", "s", "s.confidence < 10.0"),
                model("large", "in", "l", "unsure"),
                first("out", "l", "s")),
            "out");

    assertThat(value(run(composite, 20))).isEqualTo(21);
    assertThat(called).containsExactly("small");
    assertThat(value(run(composite, 2))).isEqualTo(3);
    assertThat(called).containsExactly("small", "small", "large");
  }

  @Test
  void whatNoWantedOutputRestsOnIsNotRun() {
    Composite composite =
        composite(
            "", List.of(model("a", "in", "one", ""), model("b", "in", "two", "")), "one", "two");

    composite
        .run(
            List.of(Tensors.floats("in", List.of(1L, 1L), 1)),
            List.of("two"),
            Map.of(),
            "acme",
            this::call)
        .join();

    assertThat(called).containsExactly("b");
  }

  @Test
  void anOutputThatIsLeftOutFailsTheWholeButNotAPart() {
    List<EnsembleStep> steps =
        List.of(condition("never", "in", "false"), model("a", "in", "out", "never"));

    assertThatThrownBy(() -> run(composite("", steps, "out"), 1))
        .isInstanceOf(CompletionException.class)
        .hasMessageContaining("output 'out' of model:pipe@1 was made by no step");
    assertThat(run(composite("model:whole@1", steps, "out"), 1).outputs()).isEmpty();
  }

  @Test
  void inputsAreCheckedBeforeAnythingRuns() {
    Composite composite = composite("", List.of(model("a", "in", "out", "")), "out");
    Tensor wrong = Tensors.raw("in", TensorDatatype.FP32, List.of(1L, 1L << 31), 10);

    assertThatThrownBy(() -> composite.run(List.of(wrong), List.of(), Map.of(), "acme", this::call))
        .isInstanceOf(ModelException.class)
        .hasMessageContaining("input 'in' has 10 bytes");
    assertThatThrownBy(() -> composite.run(List.of(), List.of(), Map.of(), "acme", this::call))
        .hasMessageContaining("input 'in' is missing");
  }

  @Test
  void aConditionThatDoesNotCompileIsRefusedWhenDeclared() {
    assertThatThrownBy(() -> composite("", List.of(condition("c", "in", "in.size")), "c"))
        .isInstanceOf(ModelException.class)
        .hasMessageContaining("step 'c' of model:pipe@1");
  }
}
