package io.millrace.topologies.guard.logic;

import io.millrace.events.ModelSpec;
import io.millrace.events.Tensor;
import io.millrace.events.TensorDatatype;
import io.millrace.events.TensorSignature;
import io.millrace.schemas.topics.Topic;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Judges tensors by a model's signature: names, datatypes, shapes, and that the bytes are as many
 * as the shape says. Nothing is allocated by what a shape claims.
 */
public final class Tensors {
  private static final int DIMENSIONS_MAX = 64;
  private static final int LENGTH_BYTES = 4;

  private Tensors() {}

  /** Bytes of the elements of all. */
  public static long bytes(List<Tensor> tensors) {
    long bytes = 0;
    for (Tensor tensor : tensors) {
      bytes += tensor.getData().remaining();
    }
    return bytes;
  }

  /**
   * Why a model cannot be run on inputs; null if it can.
   *
   * @param wanted names of the outputs that are asked for; empty: all
   */
  public static @Nullable Refusal check(ModelSpec model, List<Tensor> inputs, List<String> wanted) {
    if (bytes(inputs) > Topic.TENSOR_BYTES_MAX) {
      return refusal(
          "INPUTS_TOO_LARGE",
          "inputs have %d bytes; expected at most %d: send them in parts"
              .formatted(bytes(inputs), Topic.TENSOR_BYTES_MAX));
    }
    Map<String, TensorSignature> expected = new HashMap<>();
    model.getInputs().forEach(input -> expected.put(input.getName(), input));
    for (Tensor input : inputs) {
      TensorSignature signature = expected.remove(input.getName());
      String problem =
          signature == null
              ? "is not among the model's inputs, or is given twice; expected %s"
                  .formatted(names(model.getInputs()))
              : problem(input, signature);
      if (problem != null) {
        return refusal("INPUT_INVALID", "input '%s' %s".formatted(cut(input.getName()), problem));
      }
    }
    // A part of an ensemble may be without what steps before it left out.
    if (!expected.isEmpty() && model.getPartOf().isEmpty()) {
      return refusal(
          "INPUT_MISSING",
          "input '%s' is missing; expected %s"
              .formatted(expected.keySet().iterator().next(), names(model.getInputs())));
    }
    for (String output : wanted) {
      if (model.getOutputs().stream().noneMatch(known -> known.getName().equals(output))) {
        return refusal(
            "OUTPUT_UNKNOWN",
            "output '%s' is not among the model's outputs; expected some of %s"
                .formatted(cut(output), names(model.getOutputs())));
      }
    }
    return null;
  }

  private static @Nullable String problem(Tensor tensor, TensorSignature signature) {
    if (tensor.getDatatype() != signature.getDatatype()) {
      return "has datatype %s; expected %s"
          .formatted(tensor.getDatatype(), signature.getDatatype());
    }
    List<Long> shape = tensor.getShape();
    if (!fits(shape, signature.getShape())) {
      return "has shape %s; expected %s, where -1 is any"
          .formatted(
              shape.size() > DIMENSIONS_MAX ? "of " + shape.size() + " dimensions" : shape,
              signature.getShape());
    }
    long elements = elements(shape);
    if (elements < 0) {
      return "has shape %s, more elements than can be counted".formatted(shape);
    }
    return tensor.getDatatype() == TensorDatatype.BYTES
        ? stringsProblem(tensor.getData(), elements)
        : lengthProblem(tensor, elements);
  }

  private static boolean fits(List<Long> shape, List<Long> expected) {
    if (shape.size() != expected.size()) {
      return false;
    }
    for (int i = 0; i < shape.size(); i++) {
      long given = shape.get(i);
      long wanted = expected.get(i);
      if (given < 0 || (wanted >= 0 && given != wanted)) {
        return false;
      }
    }
    return true;
  }

  /** Product of the dimensions; below 0 if it is more than a long holds. */
  private static long elements(List<Long> shape) {
    long elements = 1;
    for (long dimension : shape) {
      long high = Math.multiplyHigh(elements, dimension);
      elements *= dimension;
      if (high != 0 || elements < 0) {
        return -1;
      }
    }
    return elements;
  }

  private static @Nullable String lengthProblem(Tensor tensor, long elements) {
    int size = size(tensor.getDatatype());
    int given = tensor.getData().remaining();
    if (size > 0 && elements <= Integer.MAX_VALUE && elements * size == given) {
      return null;
    }
    return "has %d bytes of data; expected %d elements of %d bytes for shape %s"
        .formatted(given, elements, size, tensor.getShape());
  }

  private static @Nullable String stringsProblem(ByteBuffer data, long elements) {
    ByteBuffer rest = data.duplicate().order(ByteOrder.LITTLE_ENDIAN);
    long found = 0;
    while (rest.remaining() >= LENGTH_BYTES) {
      int length = rest.getInt();
      if (length < 0 || length > rest.remaining()) {
        return "is broken at element %d: its length is %s and %d bytes are left"
            .formatted(found, Integer.toUnsignedString(length), rest.remaining());
      }
      rest.position(rest.position() + length);
      found++;
    }
    return rest.hasRemaining() || found != elements
        ? "has %d elements of BYTES; expected %d".formatted(found, elements)
        : null;
  }

  /** Bytes of one element; 0 where they differ or are not known. */
  static int size(TensorDatatype datatype) {
    return switch (datatype) {
      case BOOL, UINT8, INT8 -> 1;
      case UINT16, INT16, FP16, BF16 -> 2;
      case UINT32, INT32, FP32 -> 4;
      case UINT64, INT64, FP64 -> 8;
      case BYTES, UNKNOWN -> 0;
    };
  }

  private static String names(List<TensorSignature> signatures) {
    return signatures.stream().map(TensorSignature::getName).collect(Collectors.joining(", "));
  }

  private static String cut(String name) {
    return Guard.name(name);
  }

  private static Refusal refusal(String code, String message) {
    return Refusal.of(code, message);
  }
}
