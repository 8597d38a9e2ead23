package io.millrace.topologies;

import io.millrace.schemas.serde.EventSerde;
import io.millrace.schemas.serde.EventSerializer;
import io.millrace.schemas.serde.RegistryException;
import io.millrace.schemas.topics.Topic;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.apache.avro.generic.GenericContainer;
import org.apache.avro.specific.SpecificData;
import org.apache.avro.specific.SpecificRecord;
import org.apache.kafka.common.serialization.Serde;

/**
 * What one application writes to its topics and stores.
 *
 * <p>Each serializer asks the registry for the ids of its schemas when it first needs one. A store
 * may do so in a commit, long after the start: by then the registry may be away, and the stream
 * thread would die of it. So all are asked for early, by {@link #prepare}.
 */
public final class Written {
  private final Map<String, ?> serdes;
  private final List<Runnable> preparations = new ArrayList<>();

  /**
   * @param serdes settings of the Avro serde
   */
  public Written(Map<String, ?> serdes) {
    this.serdes = serdes;
  }

  /** A serde of what a store keeps. */
  public <T extends GenericContainer> Serde<T> kept(Class<T> type) {
    Serde<T> serde = EventSerde.forStore(type, serdes);
    prepareLater((EventSerializer<T>) serde.serializer(), type.getSimpleName(), type);
    return serde;
  }

  /** A serializer of what goes to a topic. */
  public EventSerializer<SpecificRecord> sent(Topic<?> topic) {
    EventSerializer<SpecificRecord> serializer = EventSerializer.forValues(serdes);
    prepareLater(serializer, topic.name(), topic.record());
    return serializer;
  }

  private void prepareLater(EventSerializer<?> serializer, String topic, Class<?> type) {
    preparations.add(() -> serializer.prepare(topic, SpecificData.get().getSchema(type)));
  }

  /**
   * Asks for the ids of all schemas that were not asked for before.
   *
   * @throws RegistryException if the registry does not give one; then some are known
   */
  public void prepare() {
    preparations.forEach(Runnable::run);
  }
}
