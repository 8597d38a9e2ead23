package io.millrace.gateway.inference;

import com.google.protobuf.CodedInputStream;
import io.millrace.events.TensorDatatype;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.List;

/**
 * Reads the elements of one tensor from the typed contents of a gRPC request: each datatype has its
 * own repeated field, packed or not.
 */
final class ProtoContents {
  /** Names of the fields by their numbers. */
  static final List<String> FIELDS =
      List.of(
          "none",
          "bool_contents",
          "int_contents",
          "int64_contents",
          "uint_contents",
          "uint64_contents",
          "fp32_contents",
          "fp64_contents",
          "bytes_contents");

  private static final int VARINT = 0;
  private static final int FIXED64 = 1;
  private static final int LENGTH = 2;
  private static final int FIXED32 = 5;

  private final String at;
  private final TensorDatatype type;
  private final List<Long> shape;
  private final int field;
  private final long expected;
  private final TensorBytes bytes;
  private long count;

  /**
   * A reader.
   *
   * @param at the contents, for messages
   * @param expected number of the shape's elements
   * @param bytesMax the most bytes that the elements may take
   */
  ProtoContents(String at, TensorDatatype type, List<Long> shape, long expected, int bytesMax) {
    this.at = at;
    this.type = type;
    this.shape = shape;
    this.field = field(type);
    this.expected = expected;
    this.bytes = new TensorBytes(bytesMax);
    if (field == 0) {
      throw Wrong.field(
          at, type + " has no typed contents in the protocol; send it in raw_input_contents");
    }
  }

  /** The number of the field that has elements of a datatype; 0: there is none. */
  private static int field(TensorDatatype type) {
    return switch (type) {
      case BOOL -> 1;
      case INT8, INT16, INT32 -> 2;
      case INT64 -> 3;
      case UINT8, UINT16, UINT32 -> 4;
      case UINT64 -> 5;
      case FP32 -> 6;
      case FP64 -> 7;
      case BYTES -> 8;
      case FP16, BF16, UNKNOWN -> 0;
    };
  }

  /** Reads a message of contents, or a part of one, to its end. */
  void read(CodedInputStream in) throws IOException {
    for (int tag = in.readTag(); tag != 0; tag = in.readTag()) {
      int number = tag >>> 3;
      if (number >= FIELDS.size()) {
        in.skipField(tag);
      } else if (number != field) {
        throw Wrong.field(
            at + "." + FIELDS.get(number),
            "is given, but elements of %s are sent in %s".formatted(type, FIELDS.get(field)));
      } else {
        elements(in, tag & 7);
      }
    }
  }

  private void elements(CodedInputStream in, int wire) throws IOException {
    if (wire == LENGTH && type != TensorDatatype.BYTES) {
      int outer = in.pushLimit(in.readRawVarint32());
      while (!in.isAtEnd()) {
        element(in);
      }
      in.popLimit(outer);
    } else if (wire == wire()) {
      element(in);
    } else {
      throw Wrong.field(here(), "is of the wire type " + wire + ", which it cannot be");
    }
  }

  private int wire() {
    return switch (type) {
      case FP32 -> FIXED32;
      case FP64 -> FIXED64;
      case BYTES -> LENGTH;
      default -> VARINT;
    };
  }

  private void element(CodedInputStream in) throws IOException {
    if (count == expected) {
      throw Wrong.field(
          here(),
          "has more than the %d elements of shape %s".formatted(expected, Shapes.text(shape)));
    }
    switch (type) {
      case BOOL -> bytes.putByte(in.readBool() ? 1 : 0);
      case INT8 -> bytes.putByte(within(in.readInt32(), Byte.MIN_VALUE, Byte.MAX_VALUE));
      case INT16 -> bytes.putShort(within(in.readInt32(), Short.MIN_VALUE, Short.MAX_VALUE));
      case INT32 -> bytes.putInt(in.readInt32());
      case INT64 -> bytes.putLong(in.readInt64());
      case UINT8 -> bytes.putByte(within(Integer.toUnsignedLong(in.readUInt32()), 0, 0xFF));
      case UINT16 -> bytes.putShort(within(Integer.toUnsignedLong(in.readUInt32()), 0, 0xFFFF));
      case UINT32 -> bytes.putInt(in.readUInt32());
      case UINT64 -> bytes.putLong(in.readUInt64());
      case FP32 -> bytes.putInt(in.readFixed32());
      case FP64 -> bytes.putLong(in.readFixed64());
      case BYTES -> bytes.putBytes(in.readByteArray());
      case FP16, BF16, UNKNOWN -> throw new IllegalStateException(type + " has no field");
    }
    count++;
  }

  private int within(long value, long min, long max) {
    if (value < min || value > max) {
      throw Wrong.field(
          here() + "[" + count + "]",
          "expected %s, but %d is given".formatted(ElementReader.expected(type), value));
    }
    return (int) value;
  }

  private String here() {
    return at + "." + FIELDS.get(field);
  }

  /** The elements that were read, as many as the shape says. */
  ByteBuffer done() {
    if (count != expected) {
      throw Wrong.field(
          here(),
          "has %d elements, but shape %s has %d".formatted(count, Shapes.text(shape), expected));
    }
    return bytes.done();
  }
}
