package io.millrace.schemas.serde;

import io.millrace.schemas.topics.Topic;
import java.util.Collection;
import java.util.Map;
import org.apache.avro.specific.SpecificData;

/**
 * Registers the schemas of topics before the first record, so that clients of other languages find
 * them in the registry.
 */
public final class TopicSchemas {

  private TopicSchemas() {}

  /**
   * Registers the schema of each topic's values under the subject {@code <topic>-value}, as {@link
   * EventSerializer} would with its first record. What is registered already stays as it is.
   *
   * @param settings keys of {@link SerdeConfig}
   * @throws RegistryException at the first schema that the registry refuses, or if it stays away
   */
  public static void register(Collection<Topic<?>> topics, Map<String, ?> settings) {
    AvroSafety.establish();
    RegistryClient registry = RegistryClient.of(settings);
    for (Topic<?> topic : topics) {
      registry.register(
          topic.name() + "-value",
          AvroSafety.withoutJavaHints(SpecificData.get().getSchema(topic.record())));
    }
  }
}
