package io.millrace.gateway.inference;

import io.millrace.events.TensorDatatype;
import java.util.Optional;

/** What the protocol says of datatypes: their names and the bytes of an element. */
final class Datatypes {
  private Datatypes() {}

  /** The datatype of that name. */
  static Optional<TensorDatatype> find(String name) {
    for (TensorDatatype type : TensorDatatype.values()) {
      if (type != TensorDatatype.UNKNOWN && type.name().equals(name)) {
        return Optional.of(type);
      }
    }
    return Optional.empty();
  }

  /** Bytes of one element; 0 for BYTES, whose elements say their own lengths. */
  static int size(TensorDatatype type) {
    return switch (type) {
      case BOOL, INT8, UINT8 -> 1;
      case INT16, UINT16, FP16, BF16 -> 2;
      case INT32, UINT32, FP32 -> 4;
      case INT64, UINT64, FP64 -> 8;
      case BYTES, UNKNOWN -> 0;
    };
  }

  /** Triton's name of it in a model's configuration. */
  static String configName(TensorDatatype type) {
    return type == TensorDatatype.BYTES ? "TYPE_STRING" : "TYPE_" + type.name();
  }
}
