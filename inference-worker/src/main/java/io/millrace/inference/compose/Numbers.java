package io.millrace.inference.compose;

import io.millrace.events.Tensor;
import io.millrace.events.TensorDatatype;
import io.millrace.inference.ModelException;
import io.millrace.inference.runtime.Elements;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;

/** The elements of a tensor as numbers, read and written where they lie. */
final class Numbers {
  private final TensorDatatype type;
  private final List<Long> shape;
  private final ByteBuffer data;
  private final int width;
  private final int size;

  private Numbers(TensorDatatype type, List<Long> shape, ByteBuffer data) {
    this.type = type;
    this.shape = shape;
    this.data = data.order(ByteOrder.LITTLE_ENDIAN);
    this.width = Elements.bytes(type);
    this.size = width == 0 ? 0 : data.remaining() / width;
  }

  /**
   * The elements of a tensor.
   *
   * @throws ModelException STEP_FAILED if they are no numbers that can be computed with
   */
  static Numbers of(Tensor tensor) {
    switch (tensor.getDatatype()) {
      case FP16, BF16, BYTES, UNKNOWN ->
          throw new ModelException(
              "STEP_FAILED",
              "tensor '%s' has datatype %s, with which steps cannot compute; expected FP32, FP64, BOOL or whole numbers"
                  .formatted(tensor.getName(), tensor.getDatatype()),
              false);
      default -> {
        return new Numbers(tensor.getDatatype(), tensor.getShape(), tensor.getData().slice());
      }
    }
  }

  /** Zeros. */
  static Numbers zeros(TensorDatatype type, List<Long> shape) {
    int bytes = Math.toIntExact(Elements.count(shape) * Elements.bytes(type));
    return new Numbers(type, shape, ByteBuffer.allocate(bytes));
  }

  int size() {
    return size;
  }

  List<Long> shape() {
    return shape;
  }

  TensorDatatype type() {
    return type;
  }

  /** Length of the last dimension; 1 for a scalar. */
  int lastDimension() {
    return shape.isEmpty() ? 1 : Math.toIntExact(shape.get(shape.size() - 1));
  }

  double get(int i) {
    int at = i * width;
    return switch (type) {
      case FP32 -> data.getFloat(at);
      case FP64 -> data.getDouble(at);
      case INT8 -> data.get(at);
      case BOOL, UINT8 -> data.get(at) & 0xFF;
      case INT16 -> data.getShort(at);
      case UINT16 -> data.getShort(at) & 0xFFFF;
      case INT32 -> data.getInt(at);
      case UINT32 -> data.getInt(at) & 0xFFFF_FFFFL;
      case INT64 -> data.getLong(at);
      default -> unsigned(data.getLong(at));
    };
  }

  private static double unsigned(long value) {
    return value >= 0 ? value : (value >>> 1) * 2.0;
  }

  /** As a label: exact for whole numbers. */
  long label(int i) {
    return type == TensorDatatype.INT64 ? data.getLong(i * width) : (long) get(i);
  }

  /** Only of {@link #zeros} of FP32 and FP64. */
  void put(int i, double value) {
    if (type == TensorDatatype.FP32) {
      data.putFloat(i * width, (float) value);
    } else {
      data.putDouble(i * width, value);
    }
  }

  /** Only of {@link #zeros} of whole numbers. */
  void putLabel(int i, long value) {
    if (type == TensorDatatype.INT32) {
      data.putInt(i * width, (int) value);
    } else {
      data.putLong(i * width, value);
    }
  }

  Tensor tensor(String name) {
    return new Tensor(name, type, shape, data.duplicate());
  }
}
