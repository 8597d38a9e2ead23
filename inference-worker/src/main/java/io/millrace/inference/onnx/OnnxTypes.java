package io.millrace.inference.onnx;

import io.millrace.events.TensorDatatype;
import java.util.EnumMap;
import java.util.Map;

/** The codes of {@code TensorProto.DataType} for the datatypes of the Open Inference Protocol. */
final class OnnxTypes {

  private static final Map<TensorDatatype, Integer> CODES = new EnumMap<>(TensorDatatype.class);

  static {
    CODES.put(TensorDatatype.FP32, 1);
    CODES.put(TensorDatatype.UINT8, 2);
    CODES.put(TensorDatatype.INT8, 3);
    CODES.put(TensorDatatype.UINT16, 4);
    CODES.put(TensorDatatype.INT16, 5);
    CODES.put(TensorDatatype.INT32, 6);
    CODES.put(TensorDatatype.INT64, 7);
    CODES.put(TensorDatatype.BYTES, 8);
    CODES.put(TensorDatatype.BOOL, 9);
    CODES.put(TensorDatatype.FP16, 10);
    CODES.put(TensorDatatype.FP64, 11);
    CODES.put(TensorDatatype.UINT32, 12);
    CODES.put(TensorDatatype.UINT64, 13);
    CODES.put(TensorDatatype.BF16, 16);
  }

  private OnnxTypes() {}

  /** ONNX's code of a datatype. */
  static int code(TensorDatatype type) {
    Integer code = CODES.get(type);
    if (code == null) {
      throw new IllegalArgumentException("ONNX has no " + type);
    }
    return code;
  }

  /** The datatype with a code; UNKNOWN: the protocol has none for it. */
  static TensorDatatype datatype(long code) {
    for (Map.Entry<TensorDatatype, Integer> entry : CODES.entrySet()) {
      if (entry.getValue() == code) {
        return entry.getKey();
      }
    }
    return TensorDatatype.UNKNOWN;
  }
}
