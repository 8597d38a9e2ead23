package io.millrace.inference.compose;

import io.millrace.events.Tensor;
import io.millrace.inference.runtime.Elements;

/** What conditions may ask of a tensor; its elements are looked at only for what needs them. */
final class Statistics {
  private Statistics() {}

  /**
   * A field by its name.
   *
   * @throws IllegalArgumentException if there is no such field, or the elements are no numbers
   */
  static Object field(Tensor tensor, String name) {
    return switch (name) {
      case "shape" -> tensor.getShape();
      case "rank" -> (long) tensor.getShape().size();
      case "size" -> Elements.count(tensor.getShape());
      case "bytes" -> (long) tensor.getData().remaining();
      case "confidence" -> confidence(tensor);
      default -> moment(Numbers.of(tensor), name);
    };
  }

  private static double moment(Numbers numbers, String name) {
    double min = Double.POSITIVE_INFINITY;
    double max = Double.NEGATIVE_INFINITY;
    double mean = 0;
    double squares = 0;
    for (int i = 0; i < numbers.size(); i++) {
      double x = numbers.get(i);
      min = Math.min(min, x);
      max = Math.max(max, x);
      // Welford's update (Technometrics 4, 1962): exact where the mean is large.
      double delta = x - mean;
      mean += delta / (i + 1);
      squares += delta * (x - mean);
    }
    return switch (name) {
      case "min" -> min;
      case "max" -> max;
      case "mean" -> mean;
      case "std" -> Math.sqrt(squares / Math.max(1, numbers.size()));
      default -> throw new IllegalArgumentException("tensors have no field '" + name + "'");
    };
  }

  /** The least sure row counts: each must be sure for all to be. */
  private static double confidence(Tensor tensor) {
    Numbers numbers = Numbers.of(tensor);
    int width = numbers.lastDimension();
    double least = Double.POSITIVE_INFINITY;
    for (int from = 0; from + width <= numbers.size() && width > 0; from += width) {
      double largest = Double.NEGATIVE_INFINITY;
      for (int i = from; i < from + width; i++) {
        largest = Math.max(largest, numbers.get(i));
      }
      least = Math.min(least, largest);
    }
    return least;
  }
}
