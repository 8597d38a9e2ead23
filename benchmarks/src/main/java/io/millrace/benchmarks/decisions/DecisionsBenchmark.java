package io.millrace.benchmarks.decisions;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.millrace.benchmarks.client.Connection;
import io.millrace.benchmarks.process.ChildJvm;
import io.millrace.benchmarks.process.PlatformProcess;
import io.millrace.benchmarks.process.WorkDirectory;
import io.millrace.events.ToolResult;
import io.millrace.platform.cli.CommandException;
import io.millrace.schemas.topics.Topics;
import io.millrace.topologies.OperationsConfig;
import io.millrace.topologies.OperationsMain;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;

/**
 * Measures how many reports of outsiders health counts in a second of its processor, against how
 * many a bare consumer decodes.
 *
 * <p>Both read the same records from the same broker, each in a process of its own and after a
 * warm-up on other records. The process of health is held (SIGSTOP) while the records are sent, so
 * that all lie there when its measurement begins.
 */
public final class DecisionsBenchmark {
  private static final Duration SILENCE = Duration.ofSeconds(60);
  private static final Duration RAW = Duration.ofMinutes(3);
  private static final Map<String, Object> BULK =
      Map.of("linger.ms", 20, "batch.size", 256 << 10, "buffer.memory", 64L << 20);
  private static final long WARM_UP_SEED = 1;
  private static final long SEED = 2;
  private static final ObjectMapper JSON = new ObjectMapper();

  private final int records;
  private final int warmUpRecords;
  private final boolean ledger;
  private final List<String> jvm;
  private final java.util.function.Consumer<String> progress;

  /**
   * What was measured; CPU is that of the consuming process alone.
   *
   * @param ratio of the two rates per CPU second
   */
  public record Result(
      long records,
      double recordsPerS,
      double recordsPerCpuS,
      double rawRecordsPerS,
      double rawRecordsPerCpuS,
      double ratio) {}

  private record Rate(double perS, double perCpuS) {}

  /**
   * @param records sent for the measurement
   * @param warmUpRecords sent before
   * @param ledger whether the ledger, an application of its own, runs in the process of health
   * @param jvm options of the JVMs of both consumers
   * @param progress gets a line at each step
   */
  public DecisionsBenchmark(
      int records,
      int warmUpRecords,
      boolean ledger,
      List<String> jvm,
      java.util.function.Consumer<String> progress) {
    this.records = records;
    this.warmUpRecords = warmUpRecords;
    this.ledger = ledger;
    this.jvm = List.copyOf(jvm);
    this.progress = progress;
  }

  /**
   * Runs it.
   *
   * @throws CommandException if {@code health.status} does not add up to what was sent
   */
  public Result run() {
    try (WorkDirectory work = WorkDirectory.create("bench-decisions")) {
      progress.accept("starting the broker in " + work.path());
      try (PlatformProcess platform =
          PlatformProcess.start(
              new PlatformProcess.Options(
                  work.path(), "none", List.of("-XX:+UseSerialGC", "-Xmx1g"), false))) {
        Connection connection = platform.connection();
        progress.accept("sending %,d records for the warm-up".formatted(warmUpRecords));
        Reports warmUp = new Reports("warm-up-", WARM_UP_SEED);
        send(connection, warmUp, warmUpRecords);
        Map<Integer, Long> from = ends(connection);
        Rate health = health(connection, work, warmUp);
        Map<Integer, Long> to = ends(connection);
        progress.accept("the bare consumer");
        Rate raw = raw(connection, work, from, to);
        work.done();
        return new Result(
            records,
            health.perS,
            health.perCpuS,
            raw.perS,
            raw.perCpuS,
            health.perCpuS / raw.perCpuS);
      }
    }
  }

  private Rate health(Connection connection, WorkDirectory work, Reports warmUp) {
    try (ChildJvm operations = operations(connection, work);
        StatusWatch watch = new StatusWatch(connection)) {
      progress.accept("health counts the warm-up");
      await(watch, warmUp.counts());
      operations.signal("STOP");
      try {
        progress.accept("sending %,d records".formatted(records));
        Reports reports = new Reports("measured-", SEED);
        send(connection, reports, records);
        progress.accept("health counts them");
        Duration cpu = operations.cpu();
        long start = System.currentTimeMillis();
        operations.signal("CONT");
        long end = await(watch, reports.counts());
        double cpuSeconds = operations.cpu().minus(cpu).toMillis() / 1e3;
        return new Rate(records / ((end - start) / 1e3), records / cpuSeconds);
      } finally {
        operations.signal("CONT");
      }
    }
  }

  private static long await(StatusWatch watch, Map<String, Counts> expected) {
    long at = watch.await(expected, SILENCE);
    if (at < 0) {
      throw CommandException.failed(
          "health.status does not add up to the records sent:" + watch.differences(expected));
    }
    return at;
  }

  private ChildJvm operations(Connection connection, WorkDirectory work) {
    Path file = work.path().resolve("operations.properties");
    String settings =
        """
        %s=%s
        %s=%s
        %s=%s
        session.timeout.ms=300000
        %s=%s
        """
            .formatted(
                OperationsConfig.BOOTSTRAP_SERVERS,
                connection.bootstrap(),
                OperationsConfig.SCHEMA_REGISTRY_URL,
                connection.registry(),
                OperationsConfig.STATE_DIR,
                work.sub("state"),
                OperationsConfig.LEDGER_ENABLED,
                ledger);
    try {
      Files.writeString(file, settings);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return ChildJvm.start(
        "operations", work.path(), jvm, OperationsMain.class.getName(), List.of(file.toString()));
  }

  private static void send(Connection connection, Reports reports, int count) {
    try (Producer<String, ToolResult> producer = connection.producer(Topics.TOOL_RESULTS, BULK)) {
      for (int i = 0; i < count; i++) {
        ToolResult report = reports.next(System.currentTimeMillis());
        producer.send(new ProducerRecord<>(Topics.TOOL_RESULTS.name(), report.getId(), report));
      }
      producer.flush();
    }
  }

  private static Map<Integer, Long> ends(Connection connection) {
    try (Consumer<String, ToolResult> consumer =
        connection.consumer(Topics.TOOL_RESULTS, Map.of())) {
      List<TopicPartition> partitions =
          consumer.partitionsFor(Topics.TOOL_RESULTS.name()).stream()
              .map(p -> new TopicPartition(p.topic(), p.partition()))
              .toList();
      Map<Integer, Long> ends = new TreeMap<>();
      consumer.endOffsets(partitions).forEach((p, end) -> ends.put(p.partition(), end));
      return ends;
    }
  }

  private Rate raw(
      Connection connection, WorkDirectory work, Map<Integer, Long> from, Map<Integer, Long> to) {
    Path result = work.path().resolve("raw.json");
    List<String> args =
        new ArrayList<>(List.of(connection.bootstrap(), connection.registry(), result.toString()));
    from.forEach(
        (partition, offset) -> {
          args.add(Long.toString(offset));
          args.add(Long.toString(to.getOrDefault(partition, offset)));
        });
    try (ChildJvm consumer =
        ChildJvm.start("raw", work.path(), jvm, RawConsumer.class.getName(), args)) {
      consumer.awaitEnd(RAW);
      JsonNode document = JSON.readTree(result.toFile());
      long read = document.path("records").asLong();
      if (read != records) {
        throw CommandException.failed(
            "the bare consumer read %d records, but %d were sent".formatted(read, records));
      }
      return new Rate(
          read / document.path("elapsed_s").asDouble(), read / document.path("cpu_s").asDouble());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
