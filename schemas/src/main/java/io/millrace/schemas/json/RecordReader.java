package io.millrace.schemas.json;

import com.fasterxml.jackson.databind.JsonNode;
import io.millrace.schemas.text.Spelling;
import java.nio.ByteBuffer;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.avro.Schema;
import org.apache.avro.generic.GenericData;
import org.apache.avro.generic.IndexedRecord;
import org.apache.avro.specific.SpecificData;
import org.jspecify.annotations.Nullable;

/** Reads one record from JSON and gathers what is wrong with it. */
final class RecordReader {
  private static final int PROBLEMS_MAX = 20;

  private final boolean specific;
  private final List<String> problems = new ArrayList<>();

  /**
   * A reader for one record.
   *
   * @param specific whether to make generated classes, whose timestamps are Instants
   */
  RecordReader(boolean specific) {
    this.specific = specific;
  }

  IndexedRecord read(JsonNode json, Schema schema) throws RecordJsonException {
    Object record = value(json, schema, "");
    if (!problems.isEmpty() || !(record instanceof IndexedRecord read)) {
      throw new RecordJsonException(problems.subList(0, Math.min(problems.size(), PROBLEMS_MAX)));
    }
    return read;
  }

  /** The value, or null with a problem noted where there is none. */
  private @Nullable Object value(JsonNode json, Schema schema, String path) {
    return switch (schema.getType()) {
      case RECORD -> record(json, schema, path);
      case UNION -> union(json, schema, path);
      case ARRAY -> array(json, schema, path);
      case MAP -> map(json, schema, path);
      case STRING -> json.isTextual() ? json.textValue() : unexpected(json, text(json), path);
      case ENUM -> symbol(json, schema, path);
      case BYTES -> {
        byte[] bytes = base64(json, path);
        yield bytes == null ? null : ByteBuffer.wrap(bytes);
      }
      case FIXED -> fixed(json, schema, path);
      case INT ->
          json.isIntegralNumber() && json.canConvertToInt()
              ? (Object) json.intValue()
              : unexpected(json, "a whole number of 32 bits", path);
      case LONG -> longValue(json, schema, path);
      case FLOAT -> {
        Double number = floating(json, path);
        yield number == null ? null : (Object) number.floatValue();
      }
      case DOUBLE -> floating(json, path);
      case BOOLEAN ->
          json.isBoolean() ? (Object) json.booleanValue() : unexpected(json, "true or false", path);
      case NULL -> json.isNull() ? null : unexpected(json, "null", path);
    };
  }

  private @Nullable Object record(JsonNode json, Schema schema, String path) {
    if (!json.isObject()) {
      return unexpected(json, "an object with the fields of " + schema.getName(), path);
    }
    GenericData model = specific ? SpecificData.getForSchema(schema) : GenericData.get();
    IndexedRecord record = (IndexedRecord) model.newRecord(null, schema);
    List<String> names = new ArrayList<>();
    for (Schema.Field field : schema.getFields()) {
      names.add(field.name());
      String at = path.isEmpty() ? field.name() : path + "." + field.name();
      JsonNode given = json.get(field.name());
      if (given != null) {
        int before = problems.size();
        Object value = value(given, field.schema(), at);
        if (problems.size() == before) {
          record.put(field.pos(), value);
        }
      } else if (field.hasDefaultValue()) {
        record.put(field.pos(), model.deepCopy(field.schema(), model.getDefaultValue(field)));
      } else {
        problems.add(at + ": is missing and has no default");
      }
    }
    json.fieldNames()
        .forEachRemaining(
            name -> {
              if (!names.contains(name)) {
                problems.add(
                    (path.isEmpty() ? name : path + "." + name)
                        + ": is no field of "
                        + schema.getName()
                        + Spelling.hint(name, names));
              }
            });
    return record;
  }

  private @Nullable Object union(JsonNode json, Schema schema, String path) {
    if (json.isNull() && schema.isNullable()) {
      return null;
    }
    List<Schema> branches =
        schema.getTypes().stream().filter(branch -> branch.getType() != Schema.Type.NULL).toList();
    int before = problems.size();
    for (Schema branch : branches) {
      problems.subList(before, problems.size()).clear();
      Object value = value(json, branch, path);
      if (problems.size() == before) {
        return value;
      }
    }
    if (branches.size() > 1) {
      problems.subList(before, problems.size()).clear();
      return unexpected(json, "one of " + branches.stream().map(Schema::getName).toList(), path);
    }
    return null;
  }

  private @Nullable Object array(JsonNode json, Schema schema, String path) {
    if (!json.isArray()) {
      return unexpected(json, "an array", path);
    }
    List<@Nullable Object> values = new ArrayList<>(json.size());
    for (int i = 0; i < json.size(); i++) {
      values.add(value(json.get(i), schema.getElementType(), path + "[" + i + "]"));
    }
    return specific ? values : new GenericData.Array<>(schema, values);
  }

  private @Nullable Object map(JsonNode json, Schema schema, String path) {
    if (!json.isObject()) {
      return unexpected(json, "an object", path);
    }
    Map<String, @Nullable Object> values = new LinkedHashMap<>();
    for (Map.Entry<String, JsonNode> entry : json.properties()) {
      String at = path + "." + entry.getKey();
      values.put(entry.getKey(), value(entry.getValue(), schema.getValueType(), at));
    }
    return values;
  }

  private @Nullable Object symbol(JsonNode json, Schema schema, String path) {
    if (json.isTextual() && schema.hasEnumSymbol(json.textValue())) {
      GenericData model = specific ? SpecificData.getForSchema(schema) : GenericData.get();
      return model.createEnum(json.textValue(), schema);
    }
    return unexpected(json, "one of " + String.join(", ", schema.getEnumSymbols()), path);
  }

  private @Nullable Object fixed(JsonNode json, Schema schema, String path) {
    byte[] bytes = base64(json, path);
    if (bytes == null) {
      return null;
    }
    if (bytes.length != schema.getFixedSize()) {
      return unexpected(json, "base64 of " + schema.getFixedSize() + " bytes", path);
    }
    GenericData model = specific ? SpecificData.getForSchema(schema) : GenericData.get();
    return model.createFixed(null, bytes, schema);
  }

  private @Nullable Object longValue(JsonNode json, Schema schema, String path) {
    boolean timestamp = RecordJson.isTimestamp(schema);
    boolean instants = timestamp && specific;
    if (json.isIntegralNumber() && json.canConvertToLong()) {
      long number = json.longValue();
      return instants ? (Object) Instant.ofEpochMilli(number) : (Object) number;
    }
    if (!timestamp) {
      return unexpected(json, "a whole number of 64 bits", path);
    }
    try {
      long millis = instant(json.asText("")).toEpochMilli();
      return instants ? (Object) Instant.ofEpochMilli(millis) : (Object) millis;
    } catch (DateTimeException | ArithmeticException e) {
      return unexpected(
          json, "a time such as 2026-01-31T12:00:00Z, or milliseconds since the epoch", path);
    }
  }

  private static Instant instant(String text) {
    try {
      return Instant.parse(text);
    } catch (DateTimeException perhapsWithOffset) {
      return OffsetDateTime.parse(text).toInstant();
    }
  }

  private @Nullable Double floating(JsonNode json, String path) {
    if (json.isNumber()) {
      return json.doubleValue();
    }
    return switch (json.asText("")) {
      case "NaN" -> Double.NaN;
      case "Infinity" -> Double.POSITIVE_INFINITY;
      case "-Infinity" -> Double.NEGATIVE_INFINITY;
      default -> {
        unexpected(json, "a number", path);
        yield null;
      }
    };
  }

  private byte @Nullable [] base64(JsonNode json, String path) {
    if (json.isTextual() || json.isBinary()) {
      try {
        return Base64.getDecoder().decode(json.asText());
      } catch (IllegalArgumentException notBase64) {
        // Said below, with what was given.
      }
    }
    unexpected(json, "base64", path);
    return null;
  }

  /** Who writes an object into a field of JSON text is told how it is written. */
  private static String text(JsonNode json) {
    return json.isContainerNode()
        ? "text (JSON in a field of text is written as a string, \"{\\\"key\\\": 1}\")"
        : "text";
  }

  private @Nullable Object unexpected(JsonNode json, String expected, String path) {
    String given = json.toString();
    String shown = given.length() <= 60 ? given : given.substring(0, 60) + "…";
    problems.add(
        (path.isEmpty() ? "the record" : path)
            + ": expected "
            + expected
            + ", but "
            + shown
            + " is given");
    return null;
  }
}
