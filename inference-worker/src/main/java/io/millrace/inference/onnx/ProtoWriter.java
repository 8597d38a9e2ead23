package io.millrace.inference.onnx;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Writes messages in protobuf's wire format.
 *
 * <p>A message is a list of pieces that are joined only when they are written out, so that weights
 * within messages within messages are never copied. Format: protobuf.dev, "Encoding".
 */
final class ProtoWriter {

  private static final int VARINT = 0;
  private static final int LENGTH = 2;
  private static final int FIXED32 = 5;

  private final List<byte[]> pieces = new ArrayList<>();
  private long size;

  /** Adds an integer, a boolean or an enum. */
  ProtoWriter number(int field, long value) {
    tag(field, VARINT);
    varint(value);
    return this;
  }

  /** Adds a float. */
  ProtoWriter number(int field, float value) {
    tag(field, FIXED32);
    piece(ByteBuffer.allocate(4).order(ByteOrder.LITTLE_ENDIAN).putFloat(value).array());
    return this;
  }

  /** Adds a string. */
  ProtoWriter text(int field, String value) {
    return bytes(field, value.getBytes(StandardCharsets.UTF_8));
  }

  /** Adds bytes; they are not copied and must not change. */
  ProtoWriter bytes(int field, byte[] value) {
    tag(field, LENGTH);
    varint(value.length);
    piece(value);
    return this;
  }

  /** Adds a message as it is now. */
  ProtoWriter message(int field, ProtoWriter value) {
    tag(field, LENGTH);
    varint(value.size);
    pieces.addAll(value.pieces);
    size += value.size;
    return this;
  }

  /** Adds all fields of another message. */
  ProtoWriter append(ProtoWriter other) {
    pieces.addAll(other.pieces);
    size += other.size;
    return this;
  }

  /** Writes all that was added. */
  void writeTo(OutputStream out) throws IOException {
    for (byte[] piece : pieces) {
      out.write(piece);
    }
  }

  private void tag(int field, int type) {
    varint((long) field << 3 | type);
  }

  private void varint(long value) {
    byte[] bytes = new byte[10];
    int length = 0;
    long rest = value;
    while ((rest & ~0x7FL) != 0) {
      bytes[length++] = (byte) (rest | 0x80);
      rest >>>= 7;
    }
    bytes[length++] = (byte) rest;
    piece(Arrays.copyOf(bytes, length));
  }

  private void piece(byte[] bytes) {
    pieces.add(bytes);
    size += bytes.length;
  }
}
