package io.millrace.gateway.inference;

import java.util.List;
import java.util.stream.Collectors;

/** How many elements shapes have. */
final class Shapes {
  private Shapes() {}

  /**
   * The number of elements, 1 for a scalar.
   *
   * @param at the field, for messages
   * @throws io.millrace.gateway.http.Refusal if a dimension is negative or the product is beyond 64
   *     bits
   */
  static long elements(String at, List<Long> shape) {
    long elements = 1;
    boolean none = false;
    try {
      for (long dimension : shape) {
        if (dimension < 0) {
          throw Wrong.field(
              at, "has the dimension " + dimension + "; a request's dimensions are 0 or more");
        }
        none |= dimension == 0;
        elements = Math.multiplyExact(elements, Math.max(1, dimension));
      }
    } catch (ArithmeticException e) {
      throw Wrong.field(at, text(shape) + " has more elements than can be counted");
    }
    return none ? 0 : elements;
  }

  /** A shape as JSON writes it. */
  static String text(List<Long> shape) {
    return shape.stream().map(String::valueOf).collect(Collectors.joining(",", "[", "]"));
  }
}
