package io.millrace.inference.runtime;

import ai.onnxruntime.OnnxJavaType;
import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtException;
import io.millrace.events.TensorDatatype;
import io.millrace.events.TensorSignature;
import io.millrace.inference.ModelException;
import io.millrace.inference.repository.Signature;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/** Makes ONNX Runtime's tensors for the datatypes of the Open Inference Protocol. */
final class TensorTypes {

  private TensorTypes() {}

  /**
   * Refuses what ONNX Runtime's Java interface cannot be given.
   *
   * @throws ModelException MODEL_INVALID
   */
  static void requireUsable(Signature signature) {
    for (TensorSignature input : signature.inputs()) {
      if (input.getDatatype() != TensorDatatype.BYTES && javaType(input.getDatatype()) == null) {
        throw ModelException.invalid(
            "input '%s' is %s, which ONNX Runtime cannot be given from Java; let the model take a signed type and cast"
                .formatted(input.getName(), input.getDatatype()));
      }
    }
  }

  /** ONNX Runtime's name of a type whose elements all have one size; null: it has none. */
  static @Nullable OnnxJavaType javaType(TensorDatatype type) {
    return switch (type) {
      case BOOL -> OnnxJavaType.BOOL;
      case UINT8 -> OnnxJavaType.UINT8;
      case INT8 -> OnnxJavaType.INT8;
      case INT16 -> OnnxJavaType.INT16;
      case INT32 -> OnnxJavaType.INT32;
      case INT64 -> OnnxJavaType.INT64;
      case FP16 -> OnnxJavaType.FLOAT16;
      case BF16 -> OnnxJavaType.BFLOAT16;
      case FP32 -> OnnxJavaType.FLOAT;
      case FP64 -> OnnxJavaType.DOUBLE;
      default -> null;
    };
  }

  /** A tensor over a direct buffer; it sees what is in there when it runs. */
  static OnnxTensor over(ByteBuffer direct, TensorDatatype type, long[] shape) throws OrtException {
    OnnxJavaType javaType = javaType(type);
    if (javaType == null) {
      throw new OrtException("No tensor of " + type + " can be made");
    }
    return OnnxTensor.createTensor(Environment.get(), direct, shape, javaType);
  }
}
