package io.millrace.gateway.inference;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import io.millrace.events.TensorDatatype;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Reads the elements of one tensor: from a JSON array, flat in row-major order or nested as the
 * shape says, token by token; or from raw bytes.
 */
final class TensorReader {
  private final String at;
  private final TensorDatatype type;
  private final List<Long> shape;
  private final long expected;

  /**
   * A reader.
   *
   * @param at the tensor, for messages
   * @throws io.millrace.gateway.http.Refusal if the shape is none
   */
  TensorReader(String at, TensorDatatype type, List<Long> shape) {
    this.at = at;
    this.type = type;
    this.shape = shape;
    this.expected = Shapes.elements(at + ".shape", shape);
  }

  /**
   * The elements of the array at whose start the parser stands.
   *
   * @param bytesMax the most bytes that they may take
   */
  ByteBuffer json(JsonParser json, int bytesMax) throws IOException {
    String data = at + ".data";
    if (json.currentToken() != JsonToken.START_ARRAY) {
      throw Wrong.field(data, "expected an array");
    }
    int deepest = Math.max(1, shape.size());
    TensorBytes bytes = new TensorBytes(bytesMax);
    ElementReader elements = new ElementReader(json, type, bytes);
    long[] counts = new long[deepest + 1];
    int depth = 1;
    int leaves = 0;
    long count = 0;
    while (depth > 0) {
      JsonToken token = json.nextToken();
      if (token == JsonToken.START_ARRAY) {
        counts[depth]++;
        depth++;
        if (depth > deepest || leaves == 1) {
          throw ragged(data, count);
        }
        counts[depth] = 0;
      } else if (token == JsonToken.END_ARRAY) {
        boolean flat = leaves == 1 || (depth == 1 && counts[1] == 0);
        if (!flat && counts[depth] != shape.get(depth - 1)) {
          throw ragged(data, count);
        }
        depth--;
      } else {
        if (leaves == 0) {
          leaves = depth;
        }
        if (depth != leaves || (depth != 1 && depth != deepest)) {
          throw ragged(data, count);
        }
        if (count == expected) {
          throw Wrong.field(data, tooMany());
        }
        if (!elements.read()) {
          throw Wrong.field(
              data + "[" + count + "]",
              "expected " + ElementReader.expected(type) + ", but " + shown(json) + " is given");
        }
        counts[depth]++;
        count++;
      }
    }
    if (count != expected) {
      throw Wrong.field(
          data,
          "has %d elements, but shape %s has %d".formatted(count, Shapes.text(shape), expected));
    }
    return bytes.done();
  }

  private RuntimeException ragged(String data, long count) {
    return Wrong.field(
        data,
        "is neither flat nor nested as shape %s says, after %d elements"
            .formatted(Shapes.text(shape), count));
  }

  private String tooMany() {
    return "has more than the %d elements of shape %s".formatted(expected, Shapes.text(shape));
  }

  private static String shown(JsonParser json) throws IOException {
    @Nullable String text = json.getText();
    if (text == null) {
      return "the end";
    }
    return text.length() <= 40 ? text : text.substring(0, 40) + "…";
  }

  /**
   * The elements in raw bytes, which are not copied.
   *
   * @param field that says how many bytes they are, for messages
   */
  ByteBuffer raw(String field, ByteBuffer bytes) {
    int size = Datatypes.size(type);
    if (size > 0) {
      if (expected > Integer.MAX_VALUE || expected * size != bytes.remaining()) {
        throw Wrong.field(
            field,
            "is %d bytes, but %s of shape %s is %s elements of %d bytes"
                .formatted(bytes.remaining(), type, Shapes.text(shape), expected, size));
      }
      return bytes;
    }
    ByteBuffer rest = bytes.duplicate().order(ByteOrder.LITTLE_ENDIAN);
    long count = 0;
    while (rest.hasRemaining()) {
      int length = rest.remaining() < 4 ? -1 : rest.getInt();
      if (length < 0 || length > rest.remaining()) {
        throw Wrong.field(
            field, "element " + count + " of BYTES does not end within the tensor's bytes");
      }
      rest.position(rest.position() + length);
      count++;
    }
    if (count != expected) {
      throw Wrong.field(
          field,
          "has %d elements of BYTES, but shape %s has %d"
              .formatted(count, Shapes.text(shape), expected));
    }
    return bytes;
  }
}
