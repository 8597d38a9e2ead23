package io.millrace.gateway.inference;

import com.fasterxml.jackson.core.JsonGenerator;
import io.millrace.events.Tensor;
import io.millrace.events.TensorDatatype;
import io.millrace.gateway.http.Refusal;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;

/** Writes a tensor's elements as a flat JSON array in row-major order. */
final class TensorWriter {
  private TensorWriter() {}

  /**
   * Writes the array.
   *
   * @throws Refusal if JSON has no word for an element: a number that is not finite, bytes that are
   *     not UTF-8
   */
  static void write(Tensor tensor, JsonGenerator json) throws IOException {
    ByteBuffer data = tensor.getData().duplicate().order(ByteOrder.LITTLE_ENDIAN);
    TensorDatatype type = tensor.getDatatype();
    int size = Math.max(1, Datatypes.size(type));
    json.writeStartArray();
    while (data.remaining() >= size) {
      switch (type) {
        case BOOL -> json.writeBoolean(data.get() != 0);
        case INT8 -> json.writeNumber(data.get());
        case UINT8 -> json.writeNumber(Byte.toUnsignedInt(data.get()));
        case INT16 -> json.writeNumber(data.getShort());
        case UINT16 -> json.writeNumber(Short.toUnsignedInt(data.getShort()));
        case INT32 -> json.writeNumber(data.getInt());
        case UINT32 -> json.writeNumber(Integer.toUnsignedLong(data.getInt()));
        case INT64 -> json.writeNumber(data.getLong());
        case UINT64 -> json.writeNumber(Long.toUnsignedString(data.getLong()));
        case FP16 -> json.writeNumber(finite(tensor, HalfFloats.fromHalf(data.getShort())));
        case BF16 -> json.writeNumber(finite(tensor, HalfFloats.fromBfloat(data.getShort())));
        case FP32 -> json.writeNumber(finite(tensor, data.getFloat()));
        case FP64 -> {
          double value = data.getDouble();
          if (!Double.isFinite(value)) {
            throw unspeakable(tensor, String.valueOf(value));
          }
          json.writeNumber(value);
        }
        case BYTES -> json.writeString(text(tensor, data));
        case UNKNOWN -> throw unspeakable(tensor, "a datatype this gateway does not know");
      }
    }
    json.writeEndArray();
  }

  private static float finite(Tensor tensor, float value) {
    if (!Float.isFinite(value)) {
      throw unspeakable(tensor, String.valueOf(value));
    }
    return value;
  }

  private static String text(Tensor tensor, ByteBuffer data) {
    int length = data.remaining() < 4 ? -1 : data.getInt();
    if (length < 0 || length > data.remaining()) {
      throw new Refusal(
          502, "OUTPUT_INVALID", "The output '" + tensor.getName() + "' ends within an element.");
    }
    ByteBuffer element = data.slice().limit(length);
    data.position(data.position() + length);
    try {
      return StandardCharsets.UTF_8.newDecoder().decode(element).toString();
    } catch (CharacterCodingException e) {
      throw unspeakable(tensor, "bytes that are no UTF-8");
    }
  }

  private static Refusal unspeakable(Tensor tensor, String what) {
    return new Refusal(
        406,
        "OUTPUT_NOT_JSON",
        "The output '%s' has %s, for which JSON has no word; ask for it with the parameter binary_data."
            .formatted(tensor.getName(), what));
  }
}
