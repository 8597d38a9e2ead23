package io.millrace.schemas.serde;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.events.ToolCall;
import io.millrace.events.ToolResult;
import io.millrace.schemas.fixtures.Events;
import io.millrace.schemas.fixtures.FakeRegistry;
import io.millrace.schemas.fixtures.Samples;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.avro.Schema;
import org.apache.avro.SchemaBuilder;
import org.apache.avro.generic.GenericDatumReader;
import org.apache.avro.generic.GenericRecord;
import org.apache.avro.generic.GenericRecordBuilder;
import org.apache.avro.io.DecoderFactory;
import org.apache.avro.specific.SpecificRecord;
import org.apache.kafka.common.errors.SerializationException;
import org.apache.kafka.common.serialization.Deserializer;
import org.apache.kafka.common.serialization.Serializer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * What every Avro serde in Confluent's wire format does, so that one can stand in the other's
 * place. Each implementation runs it as a subclass.
 */
abstract class SerdeContract {

  private static final String TOPIC = "tool.calls";

  private final FakeRegistry registry;

  SerdeContract() throws IOException {
    this.registry = FakeRegistry.start();
  }

  /** A serializer that is not configured yet. */
  abstract Serializer<Object> newSerializer();

  /** A deserializer that is not configured yet. */
  abstract Deserializer<Object> newDeserializer();

  @AfterEach
  void stopRegistry() {
    registry.close();
  }

  static List<SpecificRecord> samples() {
    return Samples.of(1);
  }

  @ParameterizedTest
  @MethodSource("samples")
  void everyMessageComesBackAsItWas(SpecificRecord record) {
    byte[] bytes = serializer().serialize(TOPIC, record);

    assertThat(deserializer().deserialize(TOPIC, bytes)).isEqualTo(record);
  }

  @Test
  void theBytesAreAZeroTheIdAndPlainAvro() throws IOException {
    ToolCall call = Events.seeded(1).toolCall().build();

    ByteBuffer bytes = ByteBuffer.wrap(serializer().serialize(TOPIC, call));

    assertThat(bytes.get()).isZero();
    Schema schema = registry.schema(bytes.getInt());
    GenericRecord read =
        new GenericDatumReader<GenericRecord>(schema)
            .read(
                null,
                DecoderFactory.get()
                    .binaryDecoder(bytes.array(), bytes.position(), bytes.remaining(), null));
    assertThat(read.get("id")).hasToString(call.getId());
    assertThat(read.get("arguments")).hasToString(call.getArguments());
  }

  @Test
  void theSchemaIsRegisteredUnderTheTopicWithoutJavaHints() {
    serializer().serialize(TOPIC, Events.seeded(1).toolCall().build());

    assertThat(registry.subjects()).containsExactly("tool.calls-value");
    assertThat(registry.schema(1).toString()).doesNotContain("avro.java.string");
    assertThat(registry.schema(1).getFullName()).isEqualTo("io.millrace.events.ToolCall");
  }

  @ParameterizedTest
  @ValueSource(strings = {"RecordNameStrategy", "TopicRecordNameStrategy"})
  void theSubjectFollowsTheStrategy(String strategy) {
    serializer("value.subject.name.strategy", "io.confluent.kafka.serializers.subject." + strategy)
        .serialize(TOPIC, Events.seeded(1).toolCall().build());

    assertThat(registry.subjects())
        .containsExactly(
            strategy.startsWith("Topic")
                ? "tool.calls-io.millrace.events.ToolCall"
                : "io.millrace.events.ToolCall");
  }

  @Test
  void aKeyHasItsOwnSubject() {
    Serializer<Object> serializer = newSerializer();
    serializer.configure(settings(), true);

    serializer.serialize(TOPIC, Events.seeded(1).toolCall().build());

    assertThat(registry.subjects()).containsExactly("tool.calls-key");
  }

  @Test
  void theRegistryIsAskedOncePerSchema() {
    Serializer<Object> serializer = serializer();
    Deserializer<Object> deserializer = deserializer();
    for (int i = 0; i < 3; i++) {
      for (SpecificRecord record :
          List.of(Events.seeded(i).toolCall().build(), Events.seeded(i).toolResult().build())) {
        deserializer.deserialize(TOPIC, serializer.serialize(TOPIC, record));
      }
    }

    assertThat(registry.requests())
        .containsExactly(
            "POST /subjects/tool.calls-value/versions",
            "GET /schemas/ids/1",
            "POST /subjects/tool.calls-value/versions",
            "GET /schemas/ids/2");
  }

  @Test
  void withoutRegistrationASchemaIsOnlyLookedUp() {
    ToolCall call = Events.seeded(1).toolCall().build();
    Serializer<Object> lookingUp = serializer("auto.register.schemas", false);

    assertThatThrownBy(() -> lookingUp.serialize(TOPIC, call))
        .isInstanceOf(SerializationException.class);
    assertThat(registry.subjects()).isEmpty();

    byte[] registered = serializer().serialize(TOPIC, call);
    assertThat(lookingUp.serialize(TOPIC, call)).isEqualTo(registered);
  }

  @Test
  void nullIsATombstoneBothWays() {
    assertThat(serializer().serialize(TOPIC, null)).isNull();
    assertThat(deserializer().deserialize(TOPIC, null)).isNull();
    assertThat(registry.requests()).isEmpty();
  }

  @Test
  void aToolCallOfThreeFieldsIsReadWithDefaults() {
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
            .set("target", "search")
            .set("arguments", "{}")
            .build();

    Object read = deserializer().deserialize(TOPIC, serializer().serialize(TOPIC, written));

    assertThat(read)
        .isEqualTo(ToolCall.newBuilder().setId("1").setTarget("search").setArguments("{}").build());
  }

  @Test
  void aFieldThatTheReaderDoesNotKnowIsLeftOut() {
    Schema later =
        SchemaBuilder.record("ToolResult")
            .namespace("io.millrace.events")
            .fields()
            .requiredString("from_the_future")
            .requiredString("operation_id")
            .endRecord();
    GenericRecord written =
        new GenericRecordBuilder(later)
            .set("from_the_future", "x")
            .set("operation_id", "7")
            .build();

    Object read = deserializer().deserialize(TOPIC, serializer().serialize(TOPIC, written));

    assertThat(read).isEqualTo(ToolResult.newBuilder().setOperationId("7").build());
  }

  @Test
  void withoutTheSpecificReaderRecordsAreGeneric() {
    ToolCall call = Events.seeded(1).toolCall().build();

    Object read =
        deserializer("specific.avro.reader", false)
            .deserialize(TOPIC, serializer().serialize(TOPIC, call));

    assertThat(read).isInstanceOf(GenericRecord.class).isNotInstanceOf(ToolCall.class);
    assertThat(((GenericRecord) read).get("id")).hasToString(call.getId());
  }

  @Test
  void bytesThatAreNoAvroAreRefused() {
    byte[] good = serializer().serialize(TOPIC, Events.seeded(1).toolCall().build());
    byte[] otherMagic = good.clone();
    otherMagic[0] = 1;
    byte[] unknownId = good.clone();
    unknownId[1] = 0x7F;
    Deserializer<Object> deserializer = deserializer();

    for (byte[] bad :
        List.of(
            new byte[] {0, 0, 0},
            otherMagic,
            unknownId,
            Arrays.copyOf(good, good.length - 3),
            Arrays.copyOf(good, 5))) {
      assertThatThrownBy(() -> deserializer.deserialize(TOPIC, bad))
          .isInstanceOf(SerializationException.class);
    }
    assertThat(deserializer.deserialize(TOPIC, good)).isInstanceOf(ToolCall.class);
  }

  FakeRegistry registry() {
    return registry;
  }

  Serializer<Object> serializer(Object... more) {
    Serializer<Object> serializer = newSerializer();
    serializer.configure(settings(more), false);
    return serializer;
  }

  Deserializer<Object> deserializer(Object... more) {
    Deserializer<Object> deserializer = newDeserializer();
    deserializer.configure(settings(more), false);
    return deserializer;
  }

  private Map<String, Object> settings(Object... more) {
    Map<String, Object> settings = new HashMap<>(registry.settings());
    settings.put("specific.avro.reader", true);
    // Confluent's name for what ours always does; ours ignores it.
    settings.put("avro.remove.java.properties", true);
    for (int i = 0; i < more.length; i += 2) {
      settings.put((String) more[i], more[i + 1]);
    }
    return settings;
  }
}
