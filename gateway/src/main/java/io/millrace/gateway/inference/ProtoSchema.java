package io.millrace.gateway.inference;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.google.protobuf.CodedInputStream;
import com.google.protobuf.CodedOutputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A kind of protobuf message, said by the names and numbers of its fields: writes JSON documents as
 * such messages and reads messages as JSON, so that the protocol's two doors say the same.
 *
 * <p>Members that it does not name, or that are null or the default, are not written; fields that
 * it does not name are passed over (<a
 * href="https://protobuf.dev/programming-guides/encoding/">encoding</a>).
 */
final class ProtoSchema {
  /** Most items of a repeated field that are read. */
  private static final int ITEMS_MAX = 1_000;

  private final Map<String, Field> fields = new LinkedHashMap<>();

  private enum Kind {
    TEXT,
    BOOL,
    INTEGER,
    DOUBLE,
    NAMED,
    MESSAGE
  }

  /**
   * A field.
   *
   * @param names of an enum's values, to their numbers; empty for other kinds
   * @param message what it holds; null for other kinds than a message
   */
  private record Field(
      int number,
      Kind kind,
      boolean repeated,
      Map<String, Integer> names,
      @Nullable ProtoSchema message) {}

  /** A field of text. */
  ProtoSchema text(String name, int number) {
    return add(name, new Field(number, Kind.TEXT, false, Map.of(), null));
  }

  /** A repeated field of text. */
  ProtoSchema texts(String name, int number) {
    return add(name, new Field(number, Kind.TEXT, true, Map.of(), null));
  }

  /** A field that is true or false. */
  ProtoSchema bool(String name, int number) {
    return add(name, new Field(number, Kind.BOOL, false, Map.of(), null));
  }

  /** A field of a whole number, of any type but sint and fixed. */
  ProtoSchema integer(String name, int number) {
    return add(name, new Field(number, Kind.INTEGER, false, Map.of(), null));
  }

  /** A repeated field of whole numbers, packed. */
  ProtoSchema integers(String name, int number) {
    return add(name, new Field(number, Kind.INTEGER, true, Map.of(), null));
  }

  /** A field of a double. */
  ProtoSchema real(String name, int number) {
    return add(name, new Field(number, Kind.DOUBLE, false, Map.of(), null));
  }

  /** A field of an enum, whose values JSON has by name. */
  ProtoSchema named(String name, int number, Map<String, Integer> names) {
    return add(name, new Field(number, Kind.NAMED, false, names, null));
  }

  /** A field of another message. */
  ProtoSchema message(String name, int number, ProtoSchema message) {
    return add(name, new Field(number, Kind.MESSAGE, false, Map.of(), message));
  }

  /** A repeated field of another message. */
  ProtoSchema messages(String name, int number, ProtoSchema message) {
    return add(name, new Field(number, Kind.MESSAGE, true, Map.of(), message));
  }

  private ProtoSchema add(String name, Field field) {
    fields.put(name, field);
    return this;
  }

  /** The fields' numbers by their names. */
  Map<String, Integer> numbers() {
    Map<String, Integer> numbers = new LinkedHashMap<>();
    fields.forEach((name, field) -> numbers.put(name, field.number));
    return numbers;
  }

  /** The document as a message. */
  byte[] write(JsonNode document) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    CodedOutputStream out = CodedOutputStream.newInstance(bytes);
    try {
      for (Map.Entry<String, Field> entry : fields.entrySet()) {
        JsonNode value = document.path(entry.getKey());
        Field field = entry.getValue();
        if (!field.repeated) {
          write(out, field, value, false);
        } else if (field.kind == Kind.INTEGER) {
          packed(out, field, value);
        } else {
          for (JsonNode item : value) {
            write(out, field, item, true);
          }
        }
      }
      out.flush();
    } catch (IOException e) {
      throw new UncheckedIOException("Writing to memory failed", e);
    }
    return bytes.toByteArray();
  }

  /**
   * Writes one value.
   *
   * @param item whether it is written also if it is the default
   */
  private static void write(CodedOutputStream out, Field field, JsonNode value, boolean item)
      throws IOException {
    int number = field.number;
    switch (field.kind) {
      case TEXT -> {
        if (item || !value.asText().isEmpty()) {
          out.writeString(number, value.asText());
        }
      }
      case BOOL -> {
        if (value.asBoolean()) {
          out.writeBool(number, true);
        }
      }
      case INTEGER -> {
        if (value.asLong() != 0) {
          out.writeInt64(number, value.asLong());
        }
      }
      case DOUBLE -> {
        if (value.asDouble() != 0) {
          out.writeDouble(number, value.asDouble());
        }
      }
      case NAMED -> {
        int named = field.names.getOrDefault(value.asText(), 0);
        if (named != 0) {
          out.writeEnum(number, named);
        }
      }
      case MESSAGE -> {
        if (value.isObject() && field.message != null) {
          out.writeByteArray(number, field.message.write(value));
        }
      }
    }
  }

  private static void packed(CodedOutputStream out, Field field, JsonNode values)
      throws IOException {
    if (values.isEmpty()) {
      return;
    }
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    CodedOutputStream items = CodedOutputStream.newInstance(bytes);
    for (JsonNode value : values) {
      items.writeInt64NoTag(value.asLong());
    }
    items.flush();
    out.writeByteArray(field.number, bytes.toByteArray());
  }

  /**
   * The message as a document.
   *
   * @param what it is, for messages to people
   * @throws io.millrace.gateway.http.Refusal if the bytes are no such message
   */
  ObjectNode read(String what, byte[] message) {
    return read(what, CodedInputStream.newInstance(message));
  }

  private ObjectNode read(String at, CodedInputStream in) {
    ObjectNode document = JsonNodeFactory.instance.objectNode();
    try {
      for (int tag = in.readTag(); tag != 0; tag = in.readTag()) {
        int number = tag >>> 3;
        Map.Entry<String, Field> named = field(number);
        if (named == null || (tag & 7) != wire(named.getValue().kind)) {
          in.skipField(tag);
          continue;
        }
        JsonNode value = value(at + "." + named.getKey(), named.getValue(), in);
        if (!named.getValue().repeated) {
          document.set(named.getKey(), value);
        } else {
          ArrayNode items = document.withArray(named.getKey());
          if (items.size() == ITEMS_MAX) {
            throw Wrong.field(at + "." + named.getKey(), "has more than " + ITEMS_MAX + " items");
          }
          items.add(value);
        }
      }
    } catch (IOException e) {
      throw Wrong.field(at, "is no such message of protobuf: " + e.getMessage());
    }
    return document;
  }

  private Map.@Nullable Entry<String, Field> field(int number) {
    for (Map.Entry<String, Field> entry : fields.entrySet()) {
      if (entry.getValue().number == number) {
        return entry;
      }
    }
    return null;
  }

  private static int wire(Kind kind) {
    return switch (kind) {
      case BOOL, INTEGER, NAMED -> 0;
      case DOUBLE -> 1;
      case TEXT, MESSAGE -> 2;
    };
  }

  private static JsonNode value(String at, Field field, CodedInputStream in) throws IOException {
    JsonNodeFactory nodes = JsonNodeFactory.instance;
    return switch (field.kind) {
      case TEXT -> nodes.textNode(in.readStringRequireUtf8());
      case BOOL -> nodes.booleanNode(in.readBool());
      case INTEGER, NAMED -> nodes.numberNode(in.readInt64());
      case DOUBLE -> nodes.numberNode(in.readDouble());
      case MESSAGE -> {
        int outer = in.pushLimit(in.readRawVarint32());
        JsonNode inner = field.message == null ? nodes.objectNode() : field.message.read(at, in);
        in.checkLastTagWas(0);
        in.popLimit(outer);
        yield inner;
      }
    };
  }
}
