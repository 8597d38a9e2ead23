package io.millrace.benchmarks.decisions;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.millrace.benchmarks.client.Connection;
import io.millrace.benchmarks.process.ProcessCpu;
import io.millrace.events.ToolResult;
import io.millrace.schemas.topics.Topics;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.TopicPartition;

/**
 * The baseline, in a process of its own: a KafkaConsumer with default fetch settings that decodes
 * the records to their class and does nothing with them.
 */
public final class RawConsumer {
  private static final Duration POLL = Duration.ofMillis(500);

  private RawConsumer() {}

  /** What the driver writes and this process reads. */
  record Span(Map<Integer, Long> from, Map<Integer, Long> to) {}

  /**
   * Reads the records before an offset as a warm-up, then those from there on.
   *
   * @param args broker, registry, the file of the result, then of each partition the first offset
   *     to be measured and the one after the last
   */
  public static void main(String[] args) throws IOException {
    Connection connection = new Connection(args[0], args[1]);
    Map<Integer, Long> zero = new HashMap<>();
    Map<Integer, Long> from = new HashMap<>();
    Map<Integer, Long> to = new HashMap<>();
    for (int i = 3; i + 1 < args.length; i += 2) {
      int partition = from.size();
      zero.put(partition, 0L);
      from.put(partition, Long.parseLong(args[i]));
      to.put(partition, Long.parseLong(args[i + 1]));
    }
    long warmed = read(connection, new Span(zero, from));
    Duration cpu = ProcessCpu.ofThis();
    long start = System.nanoTime();
    long records = read(connection, new Span(from, to));
    long nanos = System.nanoTime() - start;
    ObjectMapper json = new ObjectMapper();
    ObjectNode result = json.createObjectNode();
    result.put("warm_up_records", warmed);
    result.put("records", records);
    result.put("cpu_s", ProcessCpu.ofThis().minus(cpu).toMillis() / 1e3);
    result.put("elapsed_s", nanos / 1e9);
    json.writeValue(Path.of(args[2]).toFile(), result);
  }

  private static long read(Connection connection, Span span) {
    long wanted = 0;
    long read = 0;
    long bytes = 0;
    try (Consumer<String, ToolResult> consumer =
        connection.consumer(Topics.TOOL_RESULTS, Map.of())) {
      Map<TopicPartition, Long> start = new HashMap<>();
      span.from.forEach((p, o) -> start.put(new TopicPartition(Topics.TOOL_RESULTS.name(), p), o));
      consumer.assign(start.keySet());
      start.forEach(consumer::seek);
      for (Map.Entry<Integer, Long> end : span.to.entrySet()) {
        wanted += end.getValue() - span.from.getOrDefault(end.getKey(), 0L);
      }
      while (read < wanted) {
        for (ConsumerRecord<String, ToolResult> record : consumer.poll(POLL)) {
          if (record.offset() < span.to.getOrDefault(record.partition(), 0L)) {
            read++;
            bytes += record.value().getTarget().length();
          }
        }
      }
    }
    if (bytes == 0 && wanted > 0) {
      throw new IllegalStateException("the records name no targets");
    }
    return read;
  }
}
