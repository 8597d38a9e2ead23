package io.millrace.benchmarks.client;

import io.millrace.schemas.serde.EventDeserializer;
import io.millrace.schemas.serde.EventSerializer;
import io.millrace.schemas.serde.SerdeConfig;
import io.millrace.schemas.topics.Topic;
import java.util.HashMap;
import java.util.Map;
import org.apache.avro.specific.SpecificRecord;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;

/**
 * Where a platform is, and plain Kafka clients of it; the caller closes them.
 *
 * @param bootstrap HOST:PORT
 * @param registry URL
 */
public record Connection(String bootstrap, String registry) {

  /** A producer that waits for nothing before it sends, unless the settings say otherwise. */
  public <T extends SpecificRecord> Producer<String, T> producer(
      Topic<T> topic, Map<String, Object> settings) {
    Map<String, Object> all = common();
    all.put("linger.ms", 0);
    all.putAll(settings);
    EventSerializer<T> serializer = EventSerializer.forValues(serde());
    return new KafkaProducer<>(all, new StringSerializer(), serializer);
  }

  /** A consumer with default settings that belongs to no group. */
  public <T extends SpecificRecord> Consumer<String, T> consumer(
      Topic<T> topic, Map<String, Object> settings) {
    Map<String, Object> all = common();
    all.put("enable.auto.commit", false);
    all.put("auto.offset.reset", "earliest");
    all.putAll(settings);
    return new KafkaConsumer<>(
        all, new StringDeserializer(), EventDeserializer.forValues(topic.record(), serde()));
  }

  /** An admin client. */
  public Admin admin() {
    return Admin.create(common());
  }

  /** Settings of the Avro serde. */
  public Map<String, Object> serde() {
    return Map.of(SerdeConfig.SCHEMA_REGISTRY_URL, registry);
  }

  private Map<String, Object> common() {
    Map<String, Object> settings = new HashMap<>();
    settings.put("bootstrap.servers", bootstrap);
    settings.put("enable.metrics.push", false);
    settings.put("metric.reporters", "");
    return settings;
  }
}
