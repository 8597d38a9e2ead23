package io.millrace.schemas.serde;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.events.ToolCall;
import io.millrace.schemas.fixtures.Events;
import java.io.IOException;
import java.util.Map;
import org.apache.kafka.common.serialization.Deserializer;
import org.apache.kafka.common.serialization.Serializer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIf;

/**
 * Runs the contract against Confluent's own serializer, and ours against theirs; skipped unless the
 * Maven profile {@code confluent} has put it on the class path. Their artifact lies in their own
 * repository only, so the classes are loaded by name.
 */
@EnabledIf(
    value = "present",
    disabledReason =
        "Confluent's kafka-avro-serializer is absent: run with -Pconfluent where their Maven"
            + " repository can be reached")
class ConfluentSerdeContractTest extends SerdeContract {

  private static final String PACKAGE = "io.confluent.kafka.serializers.";

  static {
    AvroSafety.establish();
  }

  ConfluentSerdeContractTest() throws IOException {}

  @Override
  @SuppressWarnings("unchecked") // it takes any record
  Serializer<Object> newSerializer() {
    return (Serializer<Object>) make("KafkaAvroSerializer", Serializer.class);
  }

  @Override
  @SuppressWarnings("unchecked") // whatever it gives is an Object
  Deserializer<Object> newDeserializer() {
    return (Deserializer<Object>) make("KafkaAvroDeserializer", Deserializer.class);
  }

  @Test
  void eachReadsWhatTheOtherWrites() {
    ToolCall call = Events.seeded(1).toolCall().build();
    Map<String, Object> settings = registry().settings();

    byte[] theirs = serializer().serialize("tool.calls", call);
    byte[] ours = EventSerializer.<ToolCall>forValues(settings).serialize("tool.calls", call);

    assertThat(ours).isEqualTo(theirs);
    assertThat(deserializer().deserialize("tool.calls", ours)).isEqualTo(call);
    assertThat(
            EventDeserializer.forValues(ToolCall.class, settings).deserialize("tool.calls", theirs))
        .isEqualTo(call);
  }

  static boolean present() {
    try {
      Class.forName(PACKAGE + "KafkaAvroSerializer");
      return true;
    } catch (ClassNotFoundException absent) {
      return false;
    }
  }

  private static <T> T make(String name, Class<T> type) {
    try {
      return Class.forName(PACKAGE + name).asSubclass(type).getDeclaredConstructor().newInstance();
    } catch (ReflectiveOperationException e) {
      throw new IllegalStateException("Cannot make Confluent's " + name, e);
    }
  }
}
