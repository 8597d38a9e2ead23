package io.millrace.topologies;

import io.millrace.schemas.serde.EventSerializer;
import io.millrace.schemas.topics.Topic;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.apache.avro.specific.SpecificRecord;
import org.apache.kafka.common.serialization.Serializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.apache.kafka.streams.Topology;
import org.apache.kafka.streams.processor.StreamPartitioner;
import org.jspecify.annotations.Nullable;

/** Adds sinks to a topology, each named as its topic. */
public final class Sinks {
  private final Topology topology;
  private final Written written;

  /**
   * @param topology they are added to
   * @param written where their serializers are made
   */
  public Sinks(Topology topology, Written written) {
    this.topology = topology;
    this.written = written;
  }

  /** A sink whose partition follows from the key. */
  public <T extends SpecificRecord> void add(String name, Topic<T> topic, String... parents) {
    topology.addSink(name, topic.name(), new StringSerializer(), serializer(topic), parents);
  }

  /** A sink whose records say their partition; null leaves it to the key. */
  public <T extends SpecificRecord> void addAddressed(
      String name, Topic<T> topic, Function<T, @Nullable Integer> partition, String... parents) {
    StreamPartitioner<String, Object> byAddress =
        (name1, key, value, count) -> {
          Integer number = partition.apply(topic.record().cast(value));
          return number == null ? Optional.empty() : Optional.of(Set.of(number));
        };
    topology.addSink(
        name, topic.name(), new StringSerializer(), serializer(topic), byAddress, parents);
  }

  /** A sink whose records go to every partition. */
  public <T extends SpecificRecord> void addToAll(String name, Topic<T> topic, String... parents) {
    StreamPartitioner<String, Object> all =
        (name1, key, value, count) ->
            Optional.of(IntStream.range(0, count).boxed().collect(Collectors.toSet()));
    topology.addSink(name, topic.name(), new StringSerializer(), serializer(topic), all, parents);
  }

  Serializer<Object> serializer(Topic<?> topic) {
    EventSerializer<SpecificRecord> records = written.sent(topic);
    return (name, value) -> records.serialize(name, (SpecificRecord) value);
  }
}
