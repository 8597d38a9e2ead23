package io.millrace.inference.onnx;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;

/**
 * Reads the fields of one message in protobuf's wire format, one after the other.
 *
 * <p>Any bytes may be given: what is no message ends in {@link MalformedException}, never in
 * another exception. Format: protobuf.dev, "Encoding".
 */
final class ProtoReader {

  private static final int VARINT = 0;
  private static final int FIXED64 = 1;
  private static final int LENGTH = 2;
  private static final int FIXED32 = 5;
  private static final int VARINT_BYTES_MAX = 10;

  private final ByteBuffer bytes;
  private int field;
  private int type = -1;

  /** The bytes are not what they should be. */
  static final class MalformedException extends Exception {
    MalformedException(String message) {
      super(message);
    }
  }

  /** Reads from the buffer's position to its limit; the buffer itself stays as it is. */
  ProtoReader(ByteBuffer bytes) {
    this.bytes = bytes.duplicate();
  }

  /** Goes to the next field; false: there is none. What was not read of the last is skipped. */
  boolean next() throws MalformedException {
    skip();
    if (!bytes.hasRemaining()) {
      return false;
    }
    long tag = varint();
    type = (int) (tag & 7);
    field = (int) (tag >>> 3);
    if (tag >>> 3 == 0 || tag >>> 3 > 0x1FFFFFFF) {
      throw new MalformedException("field number " + (tag >>> 3));
    }
    return true;
  }

  /** Number of the field. */
  int field() {
    return field;
  }

  /** The field's integer. */
  long number() throws MalformedException {
    expect(VARINT);
    return varint();
  }

  /** The field's text; bytes that are no UTF-8 are replaced. */
  String text() throws MalformedException {
    return StandardCharsets.UTF_8.decode(bytes()).toString();
  }

  /** The field's message. */
  ProtoReader message() throws MalformedException {
    return new ProtoReader(bytes());
  }

  private ByteBuffer bytes() throws MalformedException {
    expect(LENGTH);
    long length = varint();
    if (length < 0 || length > bytes.remaining()) {
      throw new MalformedException(
          "a field of %d bytes where %d are left".formatted(length, bytes.remaining()));
    }
    ByteBuffer value = bytes.slice(bytes.position(), (int) length);
    bytes.position(bytes.position() + (int) length);
    return value;
  }

  private void expect(int wanted) throws MalformedException {
    if (type != wanted) {
      throw new MalformedException("field %d has wire type %d".formatted(field, type));
    }
    type = -1;
  }

  private void skip() throws MalformedException {
    switch (type) {
      case -1 -> {}
      case VARINT -> number();
      case LENGTH -> bytes();
      case FIXED64 -> skip(8);
      case FIXED32 -> skip(4);
      default -> throw new MalformedException("wire type " + type);
    }
  }

  private void skip(int count) throws MalformedException {
    type = -1;
    if (bytes.remaining() < count) {
      throw new MalformedException("it ends within a number");
    }
    bytes.position(bytes.position() + count);
  }

  private long varint() throws MalformedException {
    long value = 0;
    for (int i = 0; i < VARINT_BYTES_MAX; i++) {
      if (!bytes.hasRemaining()) {
        throw new MalformedException("it ends within a number");
      }
      byte next = bytes.get();
      value |= (long) (next & 0x7F) << (7 * i);
      if (next >= 0) {
        return value;
      }
    }
    throw new MalformedException("a number of more than ten bytes");
  }
}
