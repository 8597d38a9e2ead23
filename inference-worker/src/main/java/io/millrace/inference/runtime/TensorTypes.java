package io.millrace.inference.runtime;

import ai.onnxruntime.OnnxJavaType;
import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.TensorInfo.OnnxTensorType;
import io.millrace.events.TensorDatatype;
import java.nio.ByteBuffer;

/** Makes ONNX Runtime's tensors for the datatypes of the Open Inference Protocol. */
final class TensorTypes {

  private TensorTypes() {}

  /**
   * A tensor over a direct buffer; it sees what is in there when it runs.
   *
   * @param type any but BYTES and UNKNOWN
   */
  static OnnxTensor over(ByteBuffer direct, TensorDatatype type, long[] shape) throws OrtException {
    return switch (type) {
      case BOOL -> signed(direct, OnnxJavaType.BOOL, shape);
      case UINT8 -> signed(direct, OnnxJavaType.UINT8, shape);
      case INT8 -> signed(direct, OnnxJavaType.INT8, shape);
      case INT16 -> signed(direct, OnnxJavaType.INT16, shape);
      case INT32 -> signed(direct, OnnxJavaType.INT32, shape);
      case INT64 -> signed(direct, OnnxJavaType.INT64, shape);
      case FP16 -> signed(direct, OnnxJavaType.FLOAT16, shape);
      case BF16 -> signed(direct, OnnxJavaType.BFLOAT16, shape);
      case FP32 -> signed(direct, OnnxJavaType.FLOAT, shape);
      case FP64 -> signed(direct, OnnxJavaType.DOUBLE, shape);
      case UINT16 ->
          UnsignedTensors.over(
              direct,
              OnnxTensorType.ONNX_TENSOR_ELEMENT_DATA_TYPE_UINT16,
              OnnxJavaType.INT16,
              shape);
      case UINT32 ->
          UnsignedTensors.over(
              direct,
              OnnxTensorType.ONNX_TENSOR_ELEMENT_DATA_TYPE_UINT32,
              OnnxJavaType.INT32,
              shape);
      case UINT64 ->
          UnsignedTensors.over(
              direct,
              OnnxTensorType.ONNX_TENSOR_ELEMENT_DATA_TYPE_UINT64,
              OnnxJavaType.INT64,
              shape);
      case BYTES, UNKNOWN -> throw new IllegalArgumentException("No buffer holds " + type);
    };
  }

  private static OnnxTensor signed(ByteBuffer direct, OnnxJavaType type, long[] shape)
      throws OrtException {
    return OnnxTensor.createTensor(Environment.get(), direct, shape, type);
  }
}
