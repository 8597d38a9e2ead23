package io.millrace.gateway.inference;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.exc.InputCoercionException;
import io.millrace.events.TensorDatatype;
import java.io.IOException;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * Reads JSON values as elements of one datatype, exactly: a number that the datatype has not is
 * refused, not rounded to another; only fractions are rounded, to the nearest.
 */
final class ElementReader {
  private final JsonParser json;
  private final TensorDatatype type;
  private final TensorBytes bytes;

  ElementReader(JsonParser json, TensorDatatype type, TensorBytes bytes) {
    this.json = json;
    this.type = type;
    this.bytes = bytes;
  }

  /**
   * Reads the value on which the parser stands.
   *
   * @return whether it is of the datatype; false: nothing was put
   */
  boolean read() throws IOException {
    JsonToken token = json.currentToken();
    return switch (type) {
      case BOOL -> bool(token);
      case BYTES -> text(token);
      case FP16, BF16, FP32, FP64 -> floating(token);
      case UINT64 -> unsigned(token);
      case INT8 -> whole(token, Byte.MIN_VALUE, Byte.MAX_VALUE);
      case UINT8 -> whole(token, 0, 0xFF);
      case INT16 -> whole(token, Short.MIN_VALUE, Short.MAX_VALUE);
      case UINT16 -> whole(token, 0, 0xFFFF);
      case INT32 -> whole(token, Integer.MIN_VALUE, Integer.MAX_VALUE);
      case UINT32 -> whole(token, 0, 0xFFFF_FFFFL);
      case INT64 -> whole(token, Long.MIN_VALUE, Long.MAX_VALUE);
      case UNKNOWN -> false;
    };
  }

  private boolean bool(@Nullable JsonToken token) {
    if (token != JsonToken.VALUE_TRUE && token != JsonToken.VALUE_FALSE) {
      return false;
    }
    bytes.putByte(token == JsonToken.VALUE_TRUE ? 1 : 0);
    return true;
  }

  private boolean text(@Nullable JsonToken token) throws IOException {
    if (token != JsonToken.VALUE_STRING) {
      return false;
    }
    bytes.putBytes(json.getText().getBytes(StandardCharsets.UTF_8));
    return true;
  }

  private boolean whole(@Nullable JsonToken token, long min, long max) throws IOException {
    if (token != JsonToken.VALUE_NUMBER_INT) {
      return false;
    }
    long value;
    try {
      value = json.getLongValue();
    } catch (InputCoercionException beyond64Bits) {
      return false;
    }
    if (value < min || value > max) {
      return false;
    }
    switch (Datatypes.size(type)) {
      case 1 -> bytes.putByte((int) value);
      case 2 -> bytes.putShort((int) value);
      case 4 -> bytes.putInt((int) value);
      default -> bytes.putLong(value);
    }
    return true;
  }

  private boolean unsigned(@Nullable JsonToken token) throws IOException {
    if (token != JsonToken.VALUE_NUMBER_INT) {
      return false;
    }
    if (json.getNumberType() == JsonParser.NumberType.BIG_INTEGER) {
      BigInteger value = json.getBigIntegerValue();
      if (value.signum() < 0 || value.bitLength() > Long.SIZE) {
        return false;
      }
      bytes.putLong(value.longValue());
      return true;
    }
    long value = json.getLongValue();
    if (value < 0) {
      return false;
    }
    bytes.putLong(value);
    return true;
  }

  private boolean floating(@Nullable JsonToken token) throws IOException {
    if (token != JsonToken.VALUE_NUMBER_INT && token != JsonToken.VALUE_NUMBER_FLOAT) {
      return false;
    }
    boolean finite = !json.isNaN();
    if (type == TensorDatatype.FP64) {
      double value = json.getDoubleValue();
      bytes.putDouble(value);
      return !finite || Double.isFinite(value);
    }
    float value = json.getFloatValue();
    float kept =
        switch (type) {
          case FP16 -> {
            short half = HalfFloats.toHalf(value);
            bytes.putShort(half);
            yield HalfFloats.fromHalf(half);
          }
          case BF16 -> {
            short brain = HalfFloats.toBfloat(value);
            bytes.putShort(brain);
            yield HalfFloats.fromBfloat(brain);
          }
          default -> {
            bytes.putFloat(value);
            yield value;
          }
        };
    return !finite || Float.isFinite(kept);
  }

  /** What the datatype would have taken, for messages. */
  static String expected(TensorDatatype type) {
    return switch (type) {
      case BOOL -> "true or false";
      case BYTES -> "a string";
      case FP16, BF16, FP32, FP64 -> "a number that " + type + " can hold";
      default -> "a whole number that " + type + " can hold";
    };
  }
}
