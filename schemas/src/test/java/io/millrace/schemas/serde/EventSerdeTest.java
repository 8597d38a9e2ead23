package io.millrace.schemas.serde;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.events.HealthStatus;
import io.millrace.events.ToolCall;
import io.millrace.events.ToolResult;
import io.millrace.schemas.fixtures.Events;
import io.millrace.schemas.fixtures.FakeRegistry;
import java.io.IOException;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import org.apache.kafka.common.config.ConfigException;
import org.apache.kafka.common.errors.SerializationException;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What our serde does beyond the contract: the type that is asked for, total reading, failures. */
class EventSerdeTest {

  private static final String TOPIC = "tool.calls";

  private final FakeRegistry registry;
  private final ToolCall call = Events.seeded(1).toolCall().build();

  EventSerdeTest() throws IOException {
    this.registry = FakeRegistry.start();
  }

  @AfterEach
  void stopRegistry() {
    registry.close();
  }

  @Test
  void aRecordOfAnotherTypeIsRefusedByName() {
    byte[] bytes = bytesOfCall();
    EventDeserializer<ToolResult> results =
        EventDeserializer.forValues(ToolResult.class, registry.settings());

    assertThatThrownBy(() -> results.deserialize(TOPIC, bytes))
        .isInstanceOf(SerializationException.class)
        .hasMessageContaining("io.millrace.events.ToolCall")
        .hasMessageContaining("io.millrace.events.ToolResult");
  }

  @Test
  void bytesAfterTheRecordAreRefused() {
    byte[] bytes = bytesOfCall();

    assertThatThrownBy(() -> calls().deserialize(TOPIC, Arrays.copyOf(bytes, bytes.length + 1)))
        .isInstanceOf(SerializationException.class)
        .hasMessageContaining("left over");
  }

  @Test
  void aLengthBeyondTheRecordIsRefusedWithoutTakingTheMemory() {
    byte[] bytes = bytesOfCall();
    // The length of the first field, the id, as the longest int that a zigzag varint of 5 holds.
    System.arraycopy(new byte[] {-2, -1, -1, -1, 15}, 0, bytes, 5, 5);

    assertThatThrownBy(() -> calls().deserialize(TOPIC, bytes))
        .isInstanceOf(SerializationException.class);
  }

  @Test
  void whatIsReadableIsReceivedWithItsBytes() {
    byte[] bytes = bytesOfCall();

    Received<ToolCall> received = requireNonNull(total().deserialize(TOPIC, bytes));

    assertThat(received.record()).isEqualTo(call);
    assertThat(received.bytes()).isSameAs(bytes);
    assertThat(received.problem()).isNull();
    assertThat(total().deserialize(TOPIC, null)).isNull();
  }

  @Test
  void whatIsUnreadableIsReceivedWithItsReason() {
    byte[] truncated = Arrays.copyOf(bytesOfCall(), 20);
    byte[] unknownId = bytesOfCall();
    unknownId[1] = 0x7F;

    assertThat(reason(total().deserialize(TOPIC, new byte[] {1, 2, 3}))).isEqualTo("UNDECODABLE");
    assertThat(reason(total().deserialize(TOPIC, new byte[0]))).isEqualTo("UNDECODABLE");
    assertThat(reason(total().deserialize(TOPIC, truncated))).isEqualTo("UNDECODABLE");
    assertThat(reason(total().deserialize(TOPIC, unknownId))).isEqualTo("SCHEMA_UNKNOWN");
    assertThat(
            reason(
                TotalDeserializer.forValues(HealthStatus.class, registry.settings())
                    .deserialize(TOPIC, bytesOfCall())))
        .isEqualTo("UNDECODABLE");
  }

  @Test
  void aRegistryThatIsAwayIsToldApartFromABadRecord() {
    byte[] bytes = bytesOfCall();
    TotalDeserializer<ToolCall> total = total();

    registry.answerWith(503);
    assertThat(reason(total.deserialize(TOPIC, bytes))).isEqualTo("REGISTRY_UNAVAILABLE");

    registry.answerWith(200);
    assertThat(reason(total.deserialize(TOPIC, bytes))).isNull();
  }

  @Test
  void aRefusalByTheRegistryNamesSubjectAndStatus() {
    registry.answerWith(409);
    EventSerializer<ToolCall> serializer = EventSerializer.forValues(registry.settings());

    assertThatThrownBy(() -> serializer.serialize(TOPIC, call))
        .isInstanceOfSatisfying(
            RegistryException.class,
            refusal -> {
              assertThat(refusal.away()).isFalse();
              assertThat(refusal.status()).isEqualTo(409);
            })
        .hasMessageContaining("tool.calls-value");
  }

  @Test
  void aRegistryThatCameBackIsAskedAgain() {
    registry.answerWith(500);
    EventSerializer<ToolCall> serializer = EventSerializer.forValues(registry.settings());
    assertThatThrownBy(() -> serializer.serialize(TOPIC, call))
        .isInstanceOfSatisfying(
            RegistryException.class, failure -> assertThat(failure.away()).isTrue());

    registry.answerWith(200);

    assertThat(serializer.serialize(TOPIC, call)).isNotNull();
  }

  @Test
  void anUnknownIdIsNotAskedForWithEveryRecord() {
    byte[] unknownId = {0, 0, 0, 0, 99, 0};
    TotalDeserializer<ToolCall> total = total();

    for (int i = 0; i < 5; i++) {
      assertThat(reason(total.deserialize(TOPIC, unknownId))).isEqualTo("SCHEMA_UNKNOWN");
    }

    assertThat(registry.requests()).containsExactly("GET /schemas/ids/99");
  }

  @Test
  void storesOfOneRecordShareASubject() {
    EventSerde.forStore(ToolCall.class, registry.settings())
        .serializer()
        .serialize("an-application-a-store-changelog", call);

    assertThat(registry.subjects()).containsExactly("io.millrace.events.ToolCall");
  }

  @Test
  void wrongSettingsAreExplained() {
    Map<String, Object> settings = new HashMap<>(registry.settings());
    settings.put("value.subject.name.strategy", "com.example.Mine");

    assertThatThrownBy(() -> EventSerializer.forValues(settings))
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining("com.example.Mine")
        .hasMessageContaining("TopicNameStrategy");
    assertThatThrownBy(() -> EventSerializer.forValues(Map.of()))
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining("schema.registry.url");
  }

  private byte[] bytesOfCall() {
    return requireNonNull(
        EventSerializer.<ToolCall>forValues(registry.settings()).serialize(TOPIC, call));
  }

  private EventDeserializer<ToolCall> calls() {
    return EventDeserializer.forValues(ToolCall.class, registry.settings());
  }

  private TotalDeserializer<ToolCall> total() {
    return TotalDeserializer.forValues(ToolCall.class, registry.settings());
  }

  private static @Nullable String reason(@Nullable Received<?> received) {
    Undecodable problem = requireNonNull(received).problem();
    assertThat(received.record() == null).isEqualTo(problem != null);
    return problem == null ? null : problem.reason();
  }
}
