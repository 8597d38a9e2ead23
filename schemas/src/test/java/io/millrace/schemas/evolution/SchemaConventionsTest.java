package io.millrace.schemas.evolution;

import static java.util.Objects.requireNonNull;
import static java.util.stream.Collectors.toMap;
import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.schemas.fixtures.Repository;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.avro.Schema;
import org.apache.avro.Schema.Field;
import org.apache.avro.SchemaBuilder;
import org.apache.avro.generic.GenericDatumReader;
import org.apache.avro.generic.GenericDatumWriter;
import org.apache.avro.generic.GenericRecord;
import org.apache.avro.generic.GenericRecordBuilder;
import org.apache.avro.io.BinaryEncoder;
import org.apache.avro.io.DecoderFactory;
import org.apache.avro.io.EncoderFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Holds what DESIGN says of every record: documented, defaulted, named by rule. */
class SchemaConventionsTest {

  private static final String NAMESPACE = "io.millrace.events.";

  /**
   * The fields that a writer must fill, by record; every other field has a default. Only what a
   * client writes to ask for something stands here: a new entry is a burden on every client.
   */
  private static final Map<String, Set<String>> REQUIRED =
      Map.of(
          "ToolCall", Set.of("id", "target", "arguments"),
          "ToolPlan", Set.of("id", "calls"),
          "PlannedCall", Set.of("name", "target"),
          "InferenceRequest", Set.of("id", "model", "inputs"),
          "Tensor", Set.of("name", "datatype", "shape", "data"),
          "PeerMessage", Set.of("id", "sender", "recipient", "payload"),
          "TrainingJob", Set.of("id", "target", "config"));

  private static final List<String> COMMON =
      List.of("id", "tenant", "correlation_id", "occurred_at", "traceparent");

  private static final Set<String> TIMES =
      Set.of("latency", "duration", "delay", "backoff", "ttl", "wait", "timeout", "deadline");
  private static final Set<String> SIZES = Set.of("size", "length", "memory", "rss");
  private static final Set<String> MONEY = Set.of("cost", "price");

  static Collection<Schema> messages() {
    return SchemaFiles.readMessages(Repository.AVRO).values();
  }

  static Collection<Schema> records() {
    return types(Schema.Type.RECORD);
  }

  /** The records that travel; those of state stores are the topologies' own. */
  static Collection<Schema> events() {
    return records().stream().filter(schema -> schema.getFullName().startsWith(NAMESPACE)).toList();
  }

  static Collection<Schema> enums() {
    return types(Schema.Type.ENUM);
  }

  @ParameterizedTest
  @MethodSource("records")
  void everyRecordAndFieldIsDocumented(Schema schema) {
    assertThat(schema.getDoc()).as("doc of %s", schema.getName()).isNotBlank().endsWith(".");
    assertThat(schema.getFields())
        .allSatisfy(
            field ->
                assertThat(field.doc()).as("doc of %s", field.name()).isNotBlank().endsWith("."));
  }

  @ParameterizedTest
  @MethodSource("enums")
  void everyEnumIsDocumentedAndBeginsWithItsDefaultUnknown(Schema schema) {
    assertThat(schema.getDoc()).isNotBlank().endsWith(".");
    assertThat(schema.getEnumDefault())
        .as("default of %s; without it an old reader fails on a new symbol", schema.getName())
        .isEqualTo("UNKNOWN");
    assertThat(schema.getEnumSymbols())
        .startsWith("UNKNOWN")
        .allMatch(symbol -> symbol.matches("[A-Z][A-Z0-9]*(_[A-Z0-9]+)*"));
  }

  @ParameterizedTest
  @MethodSource("messages")
  void everyMessageBeginsWithTheCommonFields(Schema schema) {
    assertThat(schema.getFields())
        .extracting(Field::name)
        .startsWith(COMMON.toArray(String[]::new));
  }

  @ParameterizedTest
  @MethodSource("events")
  void onlyTheListedFieldsOfRequestsLackADefault(Schema schema) {
    assertThat(schema.getFields())
        .filteredOn(field -> !field.hasDefaultValue())
        .extracting(Field::name)
        .as("fields of %s without a default; give the field one", schema.getName())
        .containsExactlyInAnyOrderElementsOf(REQUIRED.getOrDefault(schema.getName(), Set.of()));
  }

  @ParameterizedTest
  @MethodSource("messages")
  void everyMessageThatIsNoRequestCanBeBuiltFromDefaultsAlone(Schema schema) throws IOException {
    if (REQUIRED.containsKey(schema.getName())) {
      return;
    }

    GenericRecord built = new GenericRecordBuilder(schema).build();

    assertThat(read(schema, schema, write(built))).isEqualTo(built);
  }

  @ParameterizedTest
  @MethodSource("events")
  void namesAreSnakeCaseAndCarryTheirUnit(Schema schema) {
    assertThat(schema.getName()).matches("[A-Z][A-Za-z0-9]*");
    assertThat(schema.getFields())
        .allSatisfy(
            field -> {
              assertThat(field.name()).matches("[a-z][a-z0-9]*(_[a-z0-9]+)*");
              assertThat(unitProblem(field)).as(schema.getName() + "." + field.name()).isEmpty();
            });
  }

  @Test
  void aTimeASizeOrACostWithoutItsUnitIsNoticed() {
    Schema wrong =
        SchemaBuilder.record("Wrong")
            .fields()
            .requiredLong("timeout")
            .requiredDouble("latency")
            .requiredLong("size")
            .requiredLong("cost")
            .requiredLong("started_at")
            .endRecord();

    assertThat(wrong.getFields()).allSatisfy(field -> assertThat(unitProblem(field)).isNotEmpty());
  }

  @Test
  void aToolCallOfThreeFieldsFromAForeignClientIsRead() throws IOException {
    Schema minimal =
        SchemaBuilder.record("ToolCall")
            .namespace("io.millrace.events")
            .fields()
            .requiredString("id")
            .requiredString("target")
            .requiredString("arguments")
            .endRecord();
    GenericRecord written =
        new GenericRecordBuilder(minimal)
            .set("id", "1")
            .set("target", "tool:search")
            .set("arguments", "{}")
            .build();

    Schema reader =
        requireNonNull(SchemaFiles.readMessages(Repository.AVRO).get(NAMESPACE + "ToolCall"));
    GenericRecord call = read(minimal, reader, write(written));

    assertThat(call.get("target")).hasToString("tool:search");
    assertThat(call.get("tenant")).hasToString("default");
    assertThat(call.get("reply_partition")).isNull();
  }

  /** Says what is wrong with a field's name; empty if nothing. */
  private static String unitProblem(Field field) {
    Schema type = plain(field.schema());
    Set<String> words = Set.of(field.name().split("_", -1));
    boolean instant = "timestamp-millis".equals(type.getProp("logicalType"));
    if (instant != field.name().endsWith("_at")) {
      return "a timestamp-millis, and nothing else, ends in _at";
    }
    boolean number = type.getType() == Schema.Type.LONG || type.getType() == Schema.Type.DOUBLE;
    if (!number || instant || words.contains("rate")) {
      return "";
    }
    if (meets(words, TIMES) && !words.contains("ms")) {
      return "a time carries its unit: _ms";
    }
    if (meets(words, SIZES) && !words.contains("bytes")) {
      return "a size carries its unit: _bytes";
    }
    if (meets(words, MONEY) && !words.contains("micros")) {
      return "a cost carries its unit: _micros";
    }
    return "";
  }

  private static boolean meets(Set<String> words, Set<String> kind) {
    return words.stream().anyMatch(kind::contains);
  }

  /** The type itself, where it is nullable. */
  private static Schema plain(Schema schema) {
    return schema.isUnion()
        ? schema.getTypes().stream().filter(type -> !type.isNullable()).findFirst().orElseThrow()
        : schema;
  }

  private static Collection<Schema> types(Schema.Type type) {
    return SchemaFiles.readSet(Repository.AVRO).entrySet().stream()
        .filter(entry -> entry.getValue().getType() == type)
        .collect(toMap(Map.Entry::getKey, Map.Entry::getValue))
        .values();
  }

  private static byte[] write(GenericRecord value) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    BinaryEncoder encoder = EncoderFactory.get().binaryEncoder(bytes, null);
    new GenericDatumWriter<GenericRecord>(value.getSchema()).write(value, encoder);
    encoder.flush();
    return bytes.toByteArray();
  }

  private static GenericRecord read(Schema writer, Schema reader, byte[] bytes) throws IOException {
    return new GenericDatumReader<GenericRecord>(writer, reader)
        .read(null, DecoderFactory.get().binaryDecoder(bytes, null));
  }
}
