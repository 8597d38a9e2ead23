package io.millrace.schemas.json;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.millrace.schemas.serde.AvroSafety;
import io.millrace.schemas.topics.Topic;
import io.millrace.schemas.topics.Topics;
import java.nio.ByteBuffer;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.apache.avro.Schema;
import org.apache.avro.generic.GenericData;
import org.apache.avro.generic.GenericRecord;
import org.apache.avro.generic.IndexedRecord;
import org.apache.avro.specific.SpecificData;
import org.apache.avro.specific.SpecificRecord;
import org.jspecify.annotations.Nullable;

/** A record goes to JSON text and back unchanged, for every record class and every Avro type. */
class RecordJsonPropertyTest {
  static {
    AvroSafety.establish();
  }

  private static final ObjectMapper JSON = new ObjectMapper();
  private static final Schema EVERY_TYPE =
      new Schema.Parser()
          .parse(
              """
              {"type": "record", "name": "EveryType", "namespace": "test", "fields": [
                {"name": "i", "type": "int"}, {"name": "l", "type": "long"},
                {"name": "f", "type": "float"}, {"name": "d", "type": "double"},
                {"name": "b", "type": "boolean"}, {"name": "s", "type": {"type": "string", "avro.java.string": "String"}},
                {"name": "y", "type": "bytes"}, {"name": "n", "type": "null"},
                {"name": "x", "type": {"type": "fixed", "name": "Four", "size": 4}},
                {"name": "e", "type": {"type": "enum", "name": "E", "symbols": ["A", "B"]}},
                {"name": "t", "type": {"type": "long", "logicalType": "timestamp-millis"}},
                {"name": "u", "type": ["null", "long", {"type": "string", "avro.java.string": "String"}, {"type": "array", "items": ["null", "int"]}]},
                {"name": "m", "type": {"type": "map", "avro.java.string": "String", "values": ["null", "bytes"]}}]}
              """);

  @Property(tries = 1000)
  void everyRecordOfTheCatalogueComesBackAsItWas(@ForAll("events") SpecificRecord record)
      throws Exception {
    String text = RecordJson.toJson(record).toString();

    SpecificRecord back = RecordJson.fromJson(JSON.readTree(text), record.getClass());
    assertThat(back).isEqualTo(record);
  }

  @Property(tries = 500)
  void everyAvroTypeComesBackAsItWas(@ForAll("generics") GenericRecord record) throws Exception {
    String text = RecordJson.toJson(record).toString();

    assertThat(RecordJson.fromJson(JSON.readTree(text), EVERY_TYPE)).isEqualTo(record);
  }

  @Provide
  Arbitrary<SpecificRecord> events() {
    return Arbitraries.of(Topics.all().stream().map(Topic::record).toList())
        .flatMap(
            type ->
                Arbitraries.randoms()
                    .map(
                        random ->
                            (SpecificRecord)
                                record(SpecificData.get().getSchema(type), random, true)));
  }

  @Provide
  Arbitrary<GenericRecord> generics() {
    return Arbitraries.randoms().map(random -> (GenericRecord) record(EVERY_TYPE, random, false));
  }

  private static IndexedRecord record(Schema schema, Random random, boolean specific) {
    GenericData model = specific ? SpecificData.getForSchema(schema) : GenericData.get();
    IndexedRecord record = (IndexedRecord) model.newRecord(null, schema);
    schema
        .getFields()
        .forEach(field -> record.put(field.pos(), value(field.schema(), random, specific)));
    return record;
  }

  private static @Nullable Object value(Schema schema, Random random, boolean specific) {
    return switch (schema.getType()) {
      case RECORD -> record(schema, random, specific);
      case UNION ->
          value(schema.getTypes().get(random.nextInt(schema.getTypes().size())), random, specific);
      case ENUM -> {
        String symbol = schema.getEnumSymbols().get(random.nextInt(schema.getEnumSymbols().size()));
        yield specific
            ? SpecificData.getForSchema(schema).createEnum(symbol, schema)
            : new GenericData.EnumSymbol(schema, symbol);
      }
      case ARRAY -> {
        List<@Nullable Object> values = new ArrayList<>();
        for (int i = random.nextInt(4); i > 0; i--) {
          values.add(value(schema.getElementType(), random, specific));
        }
        yield specific ? values : new GenericData.Array<>(schema, values);
      }
      case MAP -> {
        Map<String, @Nullable Object> values = new LinkedHashMap<>();
        for (int i = random.nextInt(4); i > 0; i--) {
          values.put(text(random), value(schema.getValueType(), random, specific));
        }
        yield values;
      }
      case FIXED -> {
        byte[] bytes = new byte[schema.getFixedSize()];
        random.nextBytes(bytes);
        yield new GenericData.Fixed(schema, bytes);
      }
      case STRING -> text(random);
      case BYTES -> {
        byte[] bytes = new byte[random.nextInt(20)];
        random.nextBytes(bytes);
        yield ByteBuffer.wrap(bytes);
      }
      case INT -> random.nextInt();
      case LONG -> {
        long number = random.nextLong() >> random.nextInt(64);
        yield specific && schema.getLogicalType() != null ? Instant.ofEpochMilli(number) : number;
      }
      case FLOAT -> (float) number(random, 120, specific);
      case DOUBLE -> number(random, 1_000, specific);
      case BOOLEAN -> random.nextBoolean();
      case NULL -> null;
    };
  }

  /** Any size; a generated class with a NaN is not even equal to itself, so those have none. */
  private static double number(Random random, int exponentMax, boolean specific) {
    return switch (random.nextInt(12)) {
      case 0 -> specific ? Double.POSITIVE_INFINITY : Double.NaN;
      case 1 -> Double.NEGATIVE_INFINITY;
      case 2 -> -0.0;
      default ->
          Math.scalb(random.nextDouble() - 0.5, random.nextInt(2 * exponentMax) - exponentMax);
    };
  }

  private static String text(Random random) {
    StringBuilder text = new StringBuilder();
    for (int i = random.nextInt(8); i > 0; i--) {
      int point = random.nextInt(3) == 0 ? random.nextInt(0x10FFFF) : 32 + random.nextInt(96);
      if (point < 0xD800 || point > 0xDFFF) {
        text.appendCodePoint(point);
      }
    }
    return text.toString();
  }
}
