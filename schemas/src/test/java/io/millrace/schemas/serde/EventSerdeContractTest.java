package io.millrace.schemas.serde;

import java.io.IOException;
import org.apache.avro.generic.GenericContainer;
import org.apache.kafka.common.serialization.Deserializer;
import org.apache.kafka.common.serialization.Serializer;

/** Runs the contract against our own serde. */
class EventSerdeContractTest extends SerdeContract {

  EventSerdeContractTest() throws IOException {}

  @Override
  Serializer<Object> newSerializer() {
    return anySerializer(new EventSerializer<GenericContainer>());
  }

  @Override
  Deserializer<Object> newDeserializer() {
    return anyDeserializer(new EventDeserializer<GenericContainer>());
  }

  @SuppressWarnings("unchecked") // the contract passes it records only
  private static Serializer<Object> anySerializer(Serializer<?> serializer) {
    return (Serializer<Object>) serializer;
  }

  @SuppressWarnings("unchecked") // whatever it gives is an Object
  private static Deserializer<Object> anyDeserializer(Deserializer<?> deserializer) {
    return (Deserializer<Object>) deserializer;
  }
}
