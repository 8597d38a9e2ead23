package io.millrace.topologies.ensemble.logic;

import io.millrace.events.Tensor;
import io.millrace.events.TensorDatatype;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import java.util.function.IntToDoubleFunction;

/**
 * Says whether two models gave the same answer: for rows of several floats the same largest element
 * in each row, for single floats the same within a thousandth, for all else the same bytes.
 */
final class Agreement {
  private static final double TOLERANCE = 1e-3;

  private Agreement() {}

  /** Whether all outputs agree; those that only one gave do not. */
  static boolean of(List<Tensor> one, List<Tensor> other) {
    if (one.size() != other.size()) {
      return false;
    }
    for (Tensor tensor : one) {
      boolean agreed =
          other.stream()
              .anyMatch(match -> match.getName().equals(tensor.getName()) && same(tensor, match));
      if (!agreed) {
        return false;
      }
    }
    return true;
  }

  private static boolean same(Tensor one, Tensor other) {
    if (one.getDatatype() != other.getDatatype() || !one.getShape().equals(other.getShape())) {
      return false;
    }
    int bytes = one.getDatatype() == TensorDatatype.FP32 ? Float.BYTES : Double.BYTES;
    boolean real =
        one.getDatatype() == TensorDatatype.FP32 || one.getDatatype() == TensorDatatype.FP64;
    if (!real || one.getData().remaining() != other.getData().remaining()) {
      return one.getData().equals(other.getData());
    }
    int size = one.getData().remaining() / bytes;
    int last = one.getShape().size() - 1;
    long width = last < 0 ? 1 : Math.max(1, one.getShape().get(last));
    IntToDoubleFunction a = elements(one);
    IntToDoubleFunction b = elements(other);
    for (long from = 0; from + width <= size; from += width) {
      boolean agree =
          width > 1
              ? largest(a, (int) from, (int) width) == largest(b, (int) from, (int) width)
              : close(a.applyAsDouble((int) from), b.applyAsDouble((int) from));
      if (!agree) {
        return false;
      }
    }
    return true;
  }

  private static IntToDoubleFunction elements(Tensor tensor) {
    ByteBuffer data = tensor.getData().slice().order(ByteOrder.LITTLE_ENDIAN);
    return tensor.getDatatype() == TensorDatatype.FP32
        ? i -> data.getFloat(i * Float.BYTES)
        : i -> data.getDouble(i * Double.BYTES);
  }

  private static int largest(IntToDoubleFunction elements, int from, int width) {
    int best = from;
    for (int i = from + 1; i < from + width; i++) {
      best = elements.applyAsDouble(i) > elements.applyAsDouble(best) ? i : best;
    }
    return best - from;
  }

  private static boolean close(double a, double b) {
    return Math.abs(a - b) <= TOLERANCE * Math.max(1, Math.max(Math.abs(a), Math.abs(b)));
  }
}
