package io.millrace.inference;

import io.millrace.events.Tensor;
import io.millrace.events.TensorDatatype;
import io.millrace.events.TensorSignature;
import io.millrace.inference.runtime.Elements;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;

/** Makes the tensors that go from one run of a model into the next. */
final class Tensors {

  private Tensors() {}

  /** A tensor under another name. */
  static Tensor named(String name, Tensor tensor) {
    return new Tensor(name, tensor.getDatatype(), tensor.getShape(), tensor.getData().duplicate());
  }

  /**
   * What an input that keeps state begins with: zeros; a dimension that is free begins with length
   * 0, the batch dimension with one row.
   */
  static Tensor empty(TensorSignature input, boolean batched) {
    List<Long> shape = new ArrayList<>();
    for (long length : input.getShape()) {
      shape.add(length >= 0 ? length : batched && shape.isEmpty() ? 1 : 0);
    }
    int elementBytes =
        input.getDatatype() == TensorDatatype.BYTES
            ? Integer.BYTES
            : Elements.bytes(input.getDatatype());
    long bytes = Math.multiplyExact(Elements.count(shape), (long) elementBytes);
    return new Tensor(
        input.getName(),
        input.getDatatype(),
        List.copyOf(shape),
        ByteBuffer.allocate(Math.toIntExact(bytes)));
  }

  /**
   * The place of the greatest score along the last axis, at the last position of all other axes; of
   * equal ones the first.
   *
   * @param scores FP32 or FP64
   * @param input that it is a value of: INT32 or INT64
   * @throws ModelException MODEL_FAILED if there are no scores
   */
  static Tensor greatest(Tensor scores, TensorSignature input) {
    boolean single = scores.getDatatype() == TensorDatatype.FP32;
    int size = single ? Float.BYTES : Double.BYTES;
    List<Long> shape = scores.getShape();
    int count = shape.isEmpty() ? 1 : Math.toIntExact(shape.get(shape.size() - 1));
    ByteBuffer data = scores.getData().duplicate().order(ByteOrder.LITTLE_ENDIAN);
    int from = data.limit() - count * size;
    if (count == 0 || from < data.position()) {
      throw ModelException.failed(
          "output '%s' has shape %s: there is nothing to choose from"
              .formatted(scores.getName(), shape));
    }
    int best = 0;
    double most = Double.NEGATIVE_INFINITY;
    for (int i = 0; i < count; i++) {
      double score = single ? data.getFloat(from + i * size) : data.getDouble(from + i * size);
      if (score > most) {
        most = score;
        best = i;
      }
    }
    ByteBuffer value = ByteBuffer.allocate(Elements.bytes(input.getDatatype()));
    value.order(ByteOrder.LITTLE_ENDIAN);
    if (input.getDatatype() == TensorDatatype.INT32) {
      value.putInt(best);
    } else {
      value.putLong(best);
    }
    List<Long> ones = input.getShape().stream().map(length -> 1L).toList();
    return new Tensor(input.getName(), input.getDatatype(), ones, value.flip());
  }

  /** Whether a tensor is one whole number or truth value that equals another. */
  static boolean is(Tensor tensor, long value) {
    ByteBuffer data = tensor.getData().duplicate().order(ByteOrder.LITTLE_ENDIAN);
    int at = data.position();
    if (Elements.count(tensor.getShape()) != 1) {
      return false;
    }
    return switch (tensor.getDatatype()) {
      case BOOL, UINT8, INT8 -> data.get(at) == value;
      case INT16, UINT16 -> data.getShort(at) == value;
      case INT32, UINT32 -> data.getInt(at) == value;
      case INT64, UINT64 -> data.getLong(at) == value;
      case FP32 -> data.getFloat(at) == value;
      case FP64 -> data.getDouble(at) == value;
      default -> false;
    };
  }

  /** A tensor of one row with another behind it along the last axis. */
  static Tensor appended(Tensor before, Tensor more) {
    List<Long> shape = new ArrayList<>(before.getShape());
    int axis = shape.size() - 1;
    shape.set(axis, shape.get(axis) + 1);
    ByteBuffer data =
        ByteBuffer.allocate(before.getData().remaining() + more.getData().remaining());
    data.put(before.getData().duplicate()).put(more.getData().duplicate());
    return new Tensor(before.getName(), before.getDatatype(), List.copyOf(shape), data.flip());
  }
}
