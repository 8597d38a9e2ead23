package io.millrace.inference.runtime;

import io.millrace.events.TensorDatatype;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.List;

/** How the elements of tensors lie in bytes. */
public final class Elements {

  private static final int LENGTH_BYTES = 4;

  private Elements() {}

  /** Bytes of one element; 0: they differ (BYTES) or there is no such type (UNKNOWN). */
  public static int bytes(TensorDatatype type) {
    return switch (type) {
      case BOOL, UINT8, INT8 -> 1;
      case UINT16, INT16, FP16, BF16 -> 2;
      case UINT32, INT32, FP32 -> 4;
      case UINT64, INT64, FP64 -> 8;
      case BYTES, UNKNOWN -> 0;
    };
  }

  /** The number of elements of a shape; -1: it is negative somewhere or beyond a long. */
  public static long count(List<Long> shape) {
    long count = 1;
    boolean empty = false;
    for (long length : shape) {
      if (length < 0) {
        return -1;
      }
      empty |= length == 0;
    }
    if (empty) {
      return 0;
    }
    for (long length : shape) {
      if (Math.multiplyHigh(count, length) != 0 || count * length < 0) {
        return -1;
      }
      count *= length;
    }
    return count;
  }

  /** How many BYTES elements lie in the data; -1: their lengths do not add up to it. */
  public static long texts(ByteBuffer data) {
    ByteBuffer rest = data.duplicate().order(ByteOrder.LITTLE_ENDIAN);
    long count = 0;
    while (rest.hasRemaining()) {
      if (rest.remaining() < LENGTH_BYTES) {
        return -1;
      }
      int length = rest.getInt();
      if (length < 0 || length > rest.remaining()) {
        return -1;
      }
      rest.position(rest.position() + length);
      count++;
    }
    return count;
  }

  /** Adds so many BYTES elements to the texts, from one on; the data was found sound before. */
  static void texts(ByteBuffer data, int from, int count, List<String> texts) {
    ByteBuffer rest = data.duplicate().order(ByteOrder.LITTLE_ENDIAN);
    for (int i = 0; i < from + count; i++) {
      int length = rest.getInt();
      if (i >= from) {
        texts.add(StandardCharsets.UTF_8.decode(rest.slice(rest.position(), length)).toString());
      }
      rest.position(rest.position() + length);
    }
  }

  /** Texts as BYTES elements. */
  public static byte[] bytes(List<String> texts) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    for (String text : texts) {
      byte[] utf8 = text.getBytes(StandardCharsets.UTF_8);
      bytes.writeBytes(
          ByteBuffer.allocate(LENGTH_BYTES)
              .order(ByteOrder.LITTLE_ENDIAN)
              .putInt(utf8.length)
              .array());
      bytes.writeBytes(utf8);
    }
    return bytes.toByteArray();
  }

  /** Whether floating-point elements have one that is not a number. */
  static boolean anyNaN(TensorDatatype type, ByteBuffer data) {
    ByteBuffer ordered = data.duplicate().order(ByteOrder.LITTLE_ENDIAN);
    boolean found = false;
    switch (type) {
      case FP32 -> {
        var values = ordered.asFloatBuffer();
        for (int i = 0; i < values.limit(); i++) {
          found |= Float.isNaN(values.get(i));
        }
      }
      case FP64 -> {
        var values = ordered.asDoubleBuffer();
        for (int i = 0; i < values.limit(); i++) {
          found |= Double.isNaN(values.get(i));
        }
      }
      case FP16 -> found = anyBeyond(ordered, 0x7C00);
      case BF16 -> found = anyBeyond(ordered, 0x7F80);
      default -> {}
    }
    return found;
  }

  /** Without its sign, what is not a number is beyond infinity. */
  private static boolean anyBeyond(ByteBuffer ordered, int infinity) {
    var values = ordered.asShortBuffer();
    boolean found = false;
    for (int i = 0; i < values.limit(); i++) {
      found |= (values.get(i) & 0x7FFF) > infinity;
    }
    return found;
  }
}
