package io.millrace.schemas.json;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.NullNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.node.TextNode;
import io.millrace.schemas.serde.AvroSafety;
import java.nio.ByteBuffer;
import java.time.Instant;
import java.util.Collection;
import java.util.Map;
import org.apache.avro.LogicalTypes;
import org.apache.avro.Schema;
import org.apache.avro.generic.GenericData;
import org.apache.avro.generic.GenericFixed;
import org.apache.avro.generic.GenericRecord;
import org.apache.avro.generic.IndexedRecord;
import org.apache.avro.specific.SpecificData;
import org.apache.avro.specific.SpecificRecord;
import org.jspecify.annotations.Nullable;

/**
 * Turns Avro records to the JSON that a person would write, and back.
 *
 * <p>Unions are unwrapped, enums are their symbols, {@code timestamp-millis} is ISO-8601 in UTC,
 * bytes and fixed are base64, a double that is no number is {@code "NaN"}, {@code "Infinity"} or
 * {@code "-Infinity"}. Both directions together give the same record again, save where a union has
 * two branches that look alike in JSON: then the first that fits is taken.
 *
 * <p>This is not Avro's own JSON encoding, which wraps unions and hides bytes in Latin-1 text.
 */
public final class RecordJson {
  private static final ObjectMapper JSON =
      new ObjectMapper().enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS);
  private static final JsonNodeFactory NODES = JsonNodeFactory.instance;

  static {
    AvroSafety.establish();
  }

  private RecordJson() {}

  /** The record as JSON, with every field of its schema, in the schema's order. */
  public static ObjectNode toJson(IndexedRecord record) {
    ObjectNode node = NODES.objectNode();
    for (Schema.Field field : record.getSchema().getFields()) {
      node.set(field.name(), value(record.get(field.pos()), field.schema()));
    }
    return node;
  }

  /**
   * The record of a generated class that the JSON says; absent fields take their defaults.
   *
   * @param json an object; timestamps as ISO-8601 or as milliseconds since the epoch
   * @throws RecordJsonException when a field is unknown, missing without a default, or of another
   *     type
   */
  public static <T extends SpecificRecord> T fromJson(JsonNode json, Class<T> type)
      throws RecordJsonException {
    Schema schema = SpecificData.get().getSchema(type);
    return type.cast(new RecordReader(true).read(json, schema));
  }

  /**
   * The record of a schema that the JSON says, as {@link #fromJson(JsonNode, Class)}.
   *
   * @param schema schema of a record
   * @throws RecordJsonException likewise
   */
  public static GenericRecord fromJson(JsonNode json, Schema schema) throws RecordJsonException {
    return (GenericRecord) new RecordReader(false).read(json, schema);
  }

  /**
   * What a field that carries JSON text says: the JSON in it, null, or the text itself if it is no
   * JSON.
   */
  public static JsonNode parsed(@Nullable String text) {
    if (text == null) {
      return NullNode.getInstance();
    }
    try {
      return JSON.readTree(text);
    } catch (JsonProcessingException e) {
      return TextNode.valueOf(text);
    }
  }

  static boolean isTimestamp(Schema schema) {
    return schema.getLogicalType() instanceof LogicalTypes.TimestampMillis;
  }

  private static JsonNode value(@Nullable Object value, Schema schema) {
    if (value == null) {
      return NullNode.getInstance();
    }
    return switch (schema.getType()) {
      case UNION -> value(value, branch(value, schema));
      case RECORD -> toJson((IndexedRecord) value);
      case ARRAY -> array((Collection<?>) value, schema.getElementType());
      case MAP -> map((Map<?, ?>) value, schema.getValueType());
      case STRING, ENUM -> NODES.textNode(value.toString());
      case BYTES -> NODES.binaryNode(bytes((ByteBuffer) value));
      case FIXED -> NODES.binaryNode(((GenericFixed) value).bytes());
      case INT -> NODES.numberNode(((Number) value).intValue());
      case LONG -> longValue(value, schema);
      case FLOAT -> floating(((Number) value).doubleValue(), NODES.numberNode((Float) value));
      case DOUBLE -> floating((Double) value, NODES.numberNode((Double) value));
      case BOOLEAN -> NODES.booleanNode((Boolean) value);
      case NULL -> NullNode.getInstance();
    };
  }

  private static Schema branch(Object value, Schema union) {
    Schema only = null;
    for (Schema branch : union.getTypes()) {
      if (branch.getType() != Schema.Type.NULL) {
        if (only != null) {
          GenericData model =
              value instanceof SpecificRecord record
                  ? SpecificData.getForSchema(record.getSchema())
                  : SpecificData.get();
          return union.getTypes().get(model.resolveUnion(union, value));
        }
        only = branch;
      }
    }
    return only == null ? union.getTypes().get(0) : only;
  }

  private static ArrayNode array(Collection<?> values, Schema schema) {
    ArrayNode node = NODES.arrayNode(values.size());
    values.forEach(value -> node.add(value(value, schema)));
    return node;
  }

  private static ObjectNode map(Map<?, ?> values, Schema schema) {
    ObjectNode node = NODES.objectNode();
    values.forEach((key, value) -> node.set(key.toString(), value(value, schema)));
    return node;
  }

  private static JsonNode longValue(Object value, Schema schema) {
    if (value instanceof Instant instant) {
      return NODES.textNode(instant.toString());
    }
    long number = ((Number) value).longValue();
    return isTimestamp(schema)
        ? NODES.textNode(Instant.ofEpochMilli(number).toString())
        : NODES.numberNode(number);
  }

  /** JSON has no word for what is not a finite number. */
  private static JsonNode floating(double value, JsonNode number) {
    return Double.isFinite(value) ? number : NODES.textNode(Double.toString(value));
  }

  private static byte[] bytes(ByteBuffer buffer) {
    byte[] bytes = new byte[buffer.remaining()];
    buffer.duplicate().get(bytes);
    return bytes;
  }
}
