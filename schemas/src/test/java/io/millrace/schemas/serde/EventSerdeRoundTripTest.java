package io.millrace.schemas.serde;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.schemas.fixtures.FakeRegistry;
import io.millrace.schemas.fixtures.RandomRecords;
import io.millrace.schemas.topics.Topic;
import io.millrace.schemas.topics.Topics;
import java.io.IOException;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.EdgeCasesMode;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.lifecycle.AfterContainer;
import net.jqwik.api.lifecycle.BeforeContainer;
import org.apache.avro.specific.SpecificRecord;
import org.apache.avro.specific.SpecificRecordBase;
import org.jspecify.annotations.Nullable;

/** Round trips of random records of every topic's class. */
class EventSerdeRoundTripTest {

  private static @Nullable FakeRegistry registry;
  private static @Nullable EventSerializer<SpecificRecordBase> serializer;
  private static @Nullable EventDeserializer<SpecificRecordBase> deserializer;

  @BeforeContainer
  static void startRegistry() throws IOException {
    registry = FakeRegistry.start();
    serializer = EventSerializer.forValues(registry.settings());
    deserializer = new EventDeserializer<>();
    deserializer.configure(registry.settings(), false);
  }

  @AfterContainer
  static void stopRegistry() {
    requireNonNull(registry).close();
  }

  @Property(tries = 500, edgeCases = EdgeCasesMode.NONE)
  void anyRecordComesBackAsItWas(@ForAll("anyRecord") SpecificRecordBase record) {
    byte[] bytes = requireNonNull(serializer).serialize("topic", record);

    assertThat(requireNonNull(deserializer).deserialize("topic", bytes)).isEqualTo(record);
  }

  @Provide
  Arbitrary<SpecificRecord> anyRecord() {
    return Arbitraries.of(Topics.all()).flatMap(EventSerdeRoundTripTest::recordsOf);
  }

  private static Arbitrary<SpecificRecord> recordsOf(Topic<?> topic) {
    return RandomRecords.of(topic.record()).map(SpecificRecord.class::cast);
  }
}
