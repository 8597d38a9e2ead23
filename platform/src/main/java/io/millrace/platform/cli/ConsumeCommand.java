package io.millrace.platform.cli;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.millrace.schemas.json.RecordJson;
import io.millrace.schemas.serde.EventDeserializer;
import io.millrace.schemas.serde.RegistryException;
import java.io.PrintWriter;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import org.apache.avro.generic.GenericRecord;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.SerializationException;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code millrace consume}: prints a topic's records as lines of JSON. */
@Command(
    name = "consume",
    mixinStandardHelpOptions = true,
    description = "Print the records of a topic as lines of JSON.",
    footer = {
      "",
      "Without --follow it ends at the topic's present end; without --from-beginning it waits for",
      "what is new. A record that cannot be read is printed with its reason and bytes."
    })
final class ConsumeCommand implements Callable<Integer> {
  private static final Duration POLL = Duration.ofMillis(200);
  private static final int JSON_RECORDS_MAX = 100_000;

  @Mixin private ConnectionOptions connection;
  @Mixin private OutputOptions output;

  @Parameters(paramLabel = "TOPIC", description = "Name of the topic.")
  private String topic;

  @Option(names = "--from-beginning", description = "Read what is already there.")
  private boolean fromBeginning;

  @Option(names = "--follow", description = "Go on past the present end.")
  private boolean follow;

  @Option(names = "--max", paramLabel = "N", description = "End after so many records.")
  private @Nullable Long max;

  @Option(
      names = "--timeout",
      paramLabel = "TIME",
      description = "End after this time, such as 10s, with exit code 1 if --max was not reached.")
  private @Nullable Duration timeout;

  @Option(
      names = "--metadata",
      description = "Print partition, offset, time and key of each record beside its value.")
  private boolean metadata;

  private final ArrayNode records = JsonNodeFactory.instance.arrayNode();
  private long read;
  private long undecodable;

  @Override
  public Integer call() {
    if (max != null && max < 1) {
      throw CommandException.usage("--max: expected at least 1, but " + max + " is given");
    }
    if (output.wantsJson() && follow && max == null && timeout == null) {
      throw CommandException.usage(
          "--json holds one document, so --follow needs an end: give --max or --timeout");
    }
    try (Cluster cluster = connection.connect()) {
      Map<String, Object> settings = new HashMap<>(cluster.serdeSettings());
      settings.put("specific.avro.reader", false);
      EventDeserializer<GenericRecord> deserializer = new EventDeserializer<>();
      deserializer.configure(settings, false);
      List<TopicPartition> partitions = cluster.partitions(topic);
      try (Consumer<String, byte[]> consumer = cluster.consumer()) {
        consume(consumer, partitions, deserializer);
      }
    }
    ObjectNode document = JsonNodeFactory.instance.objectNode();
    document.put("topic", topic);
    document.put("read", read);
    document.put("undecodable", undecodable);
    document.set("records", records);
    output.writeJson(document);
    return max != null && read < max ? ExitCode.FAILED : ExitCode.OK;
  }

  private void consume(
      Consumer<String, byte[]> consumer,
      List<TopicPartition> partitions,
      EventDeserializer<GenericRecord> deserializer) {
    consumer.assign(partitions);
    if (fromBeginning) {
      consumer.seekToBeginning(partitions);
    } else {
      consumer.seekToEnd(partitions);
    }
    // Positions are fixed now: what is written from here on is read.
    partitions.forEach(consumer::position);
    Map<TopicPartition, Long> ends =
        fromBeginning && !follow ? consumer.endOffsets(partitions) : Map.of();
    boolean bounded = fromBeginning && !follow;
    long end = timeout == null ? Long.MAX_VALUE : System.nanoTime() + timeout.toNanos();
    PrintWriter out = output.out();
    while (!(bounded && reached(consumer, ends)) && !enough() && before(end)) {
      for (ConsumerRecord<String, byte[]> record : consumer.poll(POLL)) {
        boolean beyond =
            bounded
                && record.offset()
                    >= ends.getOrDefault(
                        new TopicPartition(record.topic(), record.partition()), Long.MAX_VALUE);
        if (beyond || enough()) {
          continue;
        }
        read++;
        emit(out, json(record, deserializer));
      }
      out.flush();
      if (out.checkError()) {
        // Whoever read the output has closed it, as head does.
        return;
      }
    }
  }

  private boolean before(long end) {
    return timeout == null || System.nanoTime() - end < 0;
  }

  private boolean enough() {
    return max != null && read >= max;
  }

  private static boolean reached(
      Consumer<String, byte[]> consumer, Map<TopicPartition, Long> ends) {
    return ends.entrySet().stream().allMatch(e -> consumer.position(e.getKey()) >= e.getValue());
  }

  private void emit(PrintWriter out, ObjectNode json) {
    if (!output.wantsJson()) {
      out.println(json);
      return;
    }
    if (records.size() >= JSON_RECORDS_MAX) {
      throw CommandException.failed(
          "--json holds at most "
              + JSON_RECORDS_MAX
              + " records; give --max, or leave --json out for lines of JSON");
    }
    records.add(json);
  }

  private ObjectNode json(
      ConsumerRecord<String, byte[]> record, EventDeserializer<GenericRecord> deserializer) {
    ObjectNode node = JsonNodeFactory.instance.objectNode();
    node.put("partition", record.partition());
    node.put("offset", record.offset());
    node.put("timestamp", Instant.ofEpochMilli(record.timestamp()).toString());
    node.put("key", record.key());
    try {
      GenericRecord value = deserializer.deserialize(topic, record.value());
      if (value != null && !metadata) {
        return RecordJson.toJson(value);
      }
      node.set("value", value == null ? null : RecordJson.toJson(value));
    } catch (SerializationException e) {
      if (e instanceof RegistryException registry && registry.away()) {
        throw e;
      }
      undecodable++;
      node.put("undecodable", String.valueOf(e.getMessage()));
      node.put("bytes", record.value());
    }
    return node;
  }
}
