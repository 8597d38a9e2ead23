package io.millrace.inference.compose;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.millrace.events.EnsembleOperation;
import io.millrace.events.EnsembleStep;
import io.millrace.events.Tensor;
import io.millrace.events.TensorDatatype;
import io.millrace.inference.ModelException;
import io.millrace.inference.fixture.Tensors;
import io.millrace.schemas.serde.AvroSafety;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.FloatRange;
import net.jqwik.api.constraints.Size;
import org.jspecify.annotations.NullUnmarked;

@NullUnmarked
class OperationsTest {
  static {
    AvroSafety.establish();
  }

  private static Tensor row(Float... values) {
    float[] plain = new float[values.length];
    IntStream.range(0, plain.length).forEach(i -> plain[i] = values[i]);
    return Tensors.floats("x", List.of(1L, (long) plain.length), plain);
  }

  private static Numbers run(
      EnsembleOperation operation, Map<String, List<Double>> numbers, Tensor... operands) {
    EnsembleStep step =
        EnsembleStep.newBuilder()
            .setName("s")
            .setOperation(operation)
            .setResult("y")
            .setNumbers(numbers)
            .build();
    List<Integer> all = IntStream.range(0, operands.length).boxed().toList();
    Tensor made = Operations.run(step, List.of(operands), all);
    assertThat(made.getName()).isEqualTo("y");
    return Numbers.of(made);
  }

  private static List<Double> values(Numbers numbers) {
    List<Double> values = new ArrayList<>();
    for (int i = 0; i < numbers.size(); i++) {
      values.add(numbers.get(i));
    }
    return values;
  }

  @Property
  void aSoftmaxAddsUpToOneAndKeepsTheOrder(
      @ForAll @Size(min = 1, max = 20) List<@FloatRange(min = -1e30f, max = 1e30f) Float> values) {
    List<Double> shares =
        values(run(EnsembleOperation.SOFTMAX, Map.of(), row(values.toArray(new Float[0]))));
    assertThat(shares.stream().mapToDouble(d -> d).sum()).isCloseTo(1, within(1e-4));
    for (int i = 0; i < values.size(); i++) {
      for (int k = 0; k < values.size(); k++) {
        if (values.get(i) > values.get(k)) {
          assertThat(shares.get(i)).isGreaterThanOrEqualTo(shares.get(k));
        }
      }
    }
  }

  @Property
  void aMeanLiesBetweenItsOperandsAndIsThatOfEqualWeights(
      @ForAll @FloatRange(min = -1e6f, max = 1e6f) float a,
      @ForAll @FloatRange(min = -1e6f, max = 1e6f) float b,
      @ForAll @FloatRange(min = 0.1f, max = 10) float weight) {
    double mean = run(EnsembleOperation.MEAN, Map.of(), row(a), row(b)).get(0);
    List<Double> weights = List.of((double) weight, (double) weight);
    double weighted =
        run(EnsembleOperation.WEIGHTED, Map.of("weights", weights), row(a), row(b)).get(0);
    double slack = 1e-5 * (1 + Math.abs(a) + Math.abs(b));
    assertThat(mean).isBetween(Math.min(a, b) - slack, Math.max(a, b) + slack);
    assertThat(weighted).isCloseTo(mean, within(slack));
  }

  @Property
  void aSigmoidIsBetweenNoneAndOneAndSymmetric(
      @ForAll @FloatRange(min = -1e30f, max = 1e30f) float x) {
    double there = run(EnsembleOperation.SIGMOID, Map.of(), row(x)).get(0);
    double back = run(EnsembleOperation.SIGMOID, Map.of(), row(-x)).get(0);
    assertThat(there).isBetween(0.0, 1.0);
    assertThat(there + back).isCloseTo(1, within(1e-6));
  }

  @Property
  void theMostVotesWin(
      @ForAll @Size(min = 1, max = 9)
          List<@net.jqwik.api.constraints.IntRange(max = 3) Integer> labels) {
    Tensor[] votes =
        labels.stream().map(l -> Tensors.ints("l", List.of(1L), l)).toArray(Tensor[]::new);
    long winner = run(EnsembleOperation.VOTE, Map.of(), votes).label(0);
    long count = labels.stream().filter(l -> l == winner).count();
    for (int label : labels) {
      assertThat(labels.stream().filter(l -> l == label).count()).isLessThanOrEqualTo(count);
    }
    int first =
        labels.stream()
            .filter(label -> labels.stream().filter(l -> l.equals(label)).count() == count)
            .findFirst()
            .orElseThrow();
    assertThat(winner).as("the earliest wins a tie").isEqualTo(first);
  }

  @Example
  void scoresVoteForTheirLargestInEachRow() {
    Tensor one = Tensors.floats("a", List.of(2L, 2L), 0.9f, 0.1f, 0.2f, 0.8f);
    Tensor two = Tensors.floats("b", List.of(2L, 2L), 0.1f, 0.2f, 0.6f, 0.4f);
    Tensor three = Tensors.floats("c", List.of(2L, 2L), 0.7f, 0.2f, 0.1f, 0.4f);
    Numbers voted = run(EnsembleOperation.VOTE, Map.of(), one, two, three);
    assertThat(voted.type()).isEqualTo(TensorDatatype.INT64);
    assertThat(voted.shape()).containsExactly(2L);
    assertThat(values(voted)).containsExactly(0.0, 1.0);
  }

  @Example
  void affineAndPolynomialComputeElementByElement() {
    Map<String, List<Double>> numbers = Map.of("scale", List.of(2.0, 3.0), "offset", List.of(1.0));
    assertThat(values(run(EnsembleOperation.AFFINE, numbers, row(1f, 10f))))
        .containsExactly(3.0, 31.0);
    Map<String, List<Double>> square = Map.of("coefficients", List.of(1.0, 0.0, 2.0));
    assertThat(values(run(EnsembleOperation.POLYNOMIAL, square, row(3f)))).containsExactly(19.0);
  }

  @Example
  void theWeightsOfWhatIsLeftOutFallToTheOthers() {
    EnsembleStep step =
        EnsembleStep.newBuilder()
            .setName("s")
            .setOperation(EnsembleOperation.WEIGHTED)
            .setResult("y")
            .setNumbers(Map.of("weights", List.of(1.0, 2.0, 3.0)))
            .build();
    Tensor made = Operations.run(step, List.of(row(4f), row(8f)), List.of(0, 2));
    assertThat(Numbers.of(made).get(0)).isCloseTo(7, within(1e-6));
  }

  @Example
  void whatCannotBeCombinedIsNamed() {
    assertThatThrownBy(() -> run(EnsembleOperation.MEAN, Map.of(), row(1f), row(1f, 2f)))
        .isInstanceOf(ModelException.class)
        .hasMessageContaining("step 's' combines tensors of shapes [[1, 1], [1, 2]]");
  }
}
