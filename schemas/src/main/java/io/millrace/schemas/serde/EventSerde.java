package io.millrace.schemas.serde;

import java.util.HashMap;
import java.util.Map;
import org.apache.avro.generic.GenericContainer;
import org.apache.kafka.common.serialization.Serde;
import org.apache.kafka.common.serialization.Serdes;

/** Serdes of events and of the records that state stores hold. */
public final class EventSerde {
  private EventSerde() {}

  /**
   * A serde of values of one class, under the topic's subject.
   *
   * @param settings keys of {@link SerdeConfig}
   */
  public static <T extends GenericContainer> Serde<T> of(Class<T> type, Map<String, ?> settings) {
    return Serdes.serdeFrom(
        EventSerializer.forValues(settings), EventDeserializer.forValues(type, settings));
  }

  /**
   * A serde for a state store: the subject is the record's name, so that changelogs, whose names
   * change with the application, share one.
   *
   * @param settings keys of {@link SerdeConfig}
   */
  public static <T extends GenericContainer> Serde<T> forStore(
      Class<T> type, Map<String, ?> settings) {
    Map<String, Object> byRecord = new HashMap<>(settings);
    byRecord.put(SerdeConfig.VALUE_SUBJECT_NAME_STRATEGY, SubjectNames.RECORD.strategyClass());
    return of(type, byRecord);
  }
}
