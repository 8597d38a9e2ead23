package io.millrace.inference.compose;

import io.millrace.events.EnsembleStep;
import io.millrace.events.Tensor;
import io.millrace.events.TensorDatatype;
import io.millrace.inference.ModelException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * The steps of an ensemble that need no model: element by element, or row by row along the last
 * dimension.
 */
final class Operations {
  private Operations() {}

  /**
   * Computes a step.
   *
   * @param operands those that are there, in the step's order; at least one
   * @param numbers which of the step's operands they are, from 0
   * @throws ModelException STEP_FAILED if their shapes do not fit each other
   */
  static Tensor run(EnsembleStep step, List<Tensor> operands, List<Integer> numbers) {
    Tensor first = operands.get(0);
    if (operands.stream().anyMatch(other -> !other.getShape().equals(first.getShape()))) {
      throw new ModelException(
          "STEP_FAILED",
          "step '%s' combines tensors of shapes %s; expected one shape"
              .formatted(step.getName(), operands.stream().map(Tensor::getShape).toList()),
          false);
    }
    String name = step.getResult();
    return switch (step.getOperation()) {
      case FIRST -> new Tensor(name, first.getDatatype(), first.getShape(), first.getData());
      case MEAN -> mean(operands, numbers.stream().map(i -> 1.0).toList()).tensor(name);
      case WEIGHTED -> {
        List<Double> weights = step.getNumbers().getOrDefault("weights", List.of());
        yield mean(operands, numbers.stream().map(weights::get).toList()).tensor(name);
      }
      case VOTE -> vote(operands).tensor(name);
      case AFFINE -> affine(Numbers.of(first), step.getNumbers()).tensor(name);
      case SIGMOID -> sigmoid(Numbers.of(first)).tensor(name);
      case SOFTMAX -> softmax(Numbers.of(first)).tensor(name);
      case POLYNOMIAL ->
          polynomial(Numbers.of(first), step.getNumbers().getOrDefault("coefficients", List.of()))
              .tensor(name);
      case CONDITION, MODEL, UNKNOWN ->
          throw new ModelException(
              "STEP_FAILED",
              "step '%s' is of a kind that this worker does not know".formatted(step.getName()),
              false);
    };
  }

  /** Weighted by what is there: the weights of those that were left out fall to the others. */
  private static Numbers mean(List<Tensor> operands, List<Double> weights) {
    List<Numbers> all = operands.stream().map(Numbers::of).toList();
    double sum = weights.stream().mapToDouble(Double::doubleValue).sum();
    Numbers first = all.get(0);
    Numbers result = Numbers.zeros(first.type(), first.shape());
    for (int i = 0; i < result.size(); i++) {
      double value = 0;
      for (int k = 0; k < all.size(); k++) {
        value += weights.get(k) * all.get(k).get(i);
      }
      result.put(i, sum == 0 ? 0 : value / sum);
    }
    return result;
  }

  /** Of scores the largest of each row votes, of labels each element; the earliest wins a tie. */
  private static Numbers vote(List<Tensor> operands) {
    List<Numbers> all = operands.stream().map(Numbers::of).toList();
    Numbers first = all.get(0);
    boolean scores = first.type() == TensorDatatype.FP32 || first.type() == TensorDatatype.FP64;
    int width = scores ? first.lastDimension() : 1;
    List<Long> shape =
        scores ? first.shape().subList(0, Math.max(0, first.shape().size() - 1)) : first.shape();
    Numbers result =
        Numbers.zeros(scores ? TensorDatatype.INT64 : first.type(), List.copyOf(shape));
    for (int row = 0; row < result.size(); row++) {
      Map<Long, Integer> votes = new HashMap<>();
      long winner = 0;
      int most = 0;
      for (Numbers one : all) {
        int count = votes.merge(choice(one, row, width, scores), 1, Integer::sum);
        most = Math.max(most, count);
      }
      for (int k = all.size() - 1; k >= 0; k--) {
        long label = choice(all.get(k), row, width, scores);
        winner = votes.getOrDefault(label, 0) == most ? label : winner;
      }
      result.putLabel(row, winner);
    }
    return result;
  }

  private static long choice(Numbers one, int row, int width, boolean scores) {
    if (!scores) {
      return one.label(row);
    }
    int best = 0;
    for (int i = 1; i < width; i++) {
      best = one.get(row * width + i) > one.get(row * width + best) ? i : best;
    }
    return best;
  }

  private static Numbers affine(Numbers x, Map<String, List<Double>> numbers) {
    List<Double> scale = numbers.getOrDefault("scale", List.of(1.0));
    List<Double> offset = numbers.getOrDefault("offset", List.of(0.0));
    Numbers result = Numbers.zeros(x.type(), x.shape());
    for (int i = 0; i < x.size(); i++) {
      result.put(i, at(scale, i) * x.get(i) + at(offset, i));
    }
    return result;
  }

  private static double at(List<Double> numbers, int i) {
    return numbers.get(i % numbers.size());
  }

  private static Numbers sigmoid(Numbers x) {
    Numbers result = Numbers.zeros(x.type(), x.shape());
    for (int i = 0; i < x.size(); i++) {
      // Both forms are the same function; neither overflows where it is used.
      double value = x.get(i);
      double e = Math.exp(-Math.abs(value));
      result.put(i, value >= 0 ? 1 / (1 + e) : e / (1 + e));
    }
    return result;
  }

  /** Along the last dimension; the largest is taken off first, so that nothing overflows. */
  private static Numbers softmax(Numbers x) {
    Numbers result = Numbers.zeros(x.type(), x.shape());
    int width = x.lastDimension();
    for (int from = 0; from + width <= x.size() && width > 0; from += width) {
      double largest = Double.NEGATIVE_INFINITY;
      for (int i = from; i < from + width; i++) {
        largest = Math.max(largest, x.get(i));
      }
      double sum = 0;
      for (int i = from; i < from + width; i++) {
        sum += Math.exp(x.get(i) - largest);
      }
      for (int i = from; i < from + width; i++) {
        result.put(i, Math.exp(x.get(i) - largest) / sum);
      }
    }
    return result;
  }

  /** By Horner's rule; the constant comes first. */
  private static Numbers polynomial(Numbers x, List<Double> coefficients) {
    Numbers result = Numbers.zeros(x.type(), x.shape());
    for (int i = 0; i < x.size(); i++) {
      double value = 0;
      for (int k = coefficients.size() - 1; k >= 0; k--) {
        value = value * x.get(i) + coefficients.get(k);
      }
      result.put(i, value);
    }
    return result;
  }
}
