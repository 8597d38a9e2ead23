package io.millrace.gateway.inference;

import io.millrace.gateway.http.Refusal;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * Collects a tensor's elements as little-endian bytes. It grows with what is put in, never by what
 * a request declares.
 */
final class TensorBytes {
  private static final int FIRST = 1_024;

  private final int bytesMax;
  private ByteBuffer bytes = ByteBuffer.allocate(FIRST).order(ByteOrder.LITTLE_ENDIAN);

  /**
   * Empty.
   *
   * @param bytesMax what it may hold
   */
  TensorBytes(int bytesMax) {
    this.bytesMax = bytesMax;
  }

  void putByte(int value) {
    room(1).put((byte) value);
  }

  void putShort(int value) {
    room(2).putShort((short) value);
  }

  void putInt(int value) {
    room(4).putInt(value);
  }

  void putLong(long value) {
    room(8).putLong(value);
  }

  void putFloat(float value) {
    room(4).putFloat(value);
  }

  void putDouble(double value) {
    room(8).putDouble(value);
  }

  /** An element of BYTES: its length and itself. */
  void putBytes(byte[] value) {
    room(4 + value.length).putInt(value.length).put(value);
  }

  /** What was put in; the end of its use. */
  ByteBuffer done() {
    return bytes.flip();
  }

  private ByteBuffer room(int more) {
    if (bytes.remaining() < more) {
      long needed = (long) bytes.position() + more;
      if (needed > bytesMax) {
        throw tooLarge(bytesMax);
      }
      int size = (int) Math.min(bytesMax, Math.max(needed, 2L * bytes.capacity()));
      bytes = ByteBuffer.allocate(size).order(ByteOrder.LITTLE_ENDIAN).put(bytes.flip());
    }
    return bytes;
  }

  /** The inputs together are larger than what may be sent on. */
  static Refusal tooLarge(int bytesMax) {
    return new Refusal(
        413,
        "INPUTS_TOO_LARGE",
        "The inputs take more than " + bytesMax + " bytes as tensors; send less at once.");
  }
}
