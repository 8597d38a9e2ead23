package io.millrace.benchmarks.burst;

import io.millrace.benchmarks.client.Connection;
import io.millrace.benchmarks.client.Declarations;
import io.millrace.benchmarks.process.PlatformProcess;
import io.millrace.benchmarks.process.WorkDirectory;
import io.millrace.events.Outcome;
import io.millrace.events.ScalingPolicy;
import io.millrace.events.TargetSpec;
import io.millrace.events.ToolCall;
import io.millrace.events.ToolResult;
import io.millrace.schemas.identity.Fingerprint;
import io.millrace.schemas.identity.Ids;
import io.millrace.schemas.topics.Topics;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.locks.LockSupport;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;

/**
 * Calls at an even rate, then at ten times that, then at the first again, while a fleet of workers
 * follows the scaling decisions; every call must be answered, and every one by its tool. At last
 * there are no calls until there are no workers, and then one call.
 */
public final class BurstDrill {
  private static final String TOOL = "burst-sleep";
  private static final int SLOTS = 4;
  private static final int TASK_MILLIS = 1_000;
  private static final double BASE_RPS = 5;
  private static final int FACTOR = 10;
  private static final int FIRST_WORKERS = 2;
  private static final int LAST_SECONDS_MAX = 180;
  private static final int RECOVERED = 20;
  private static final Duration DEADLINE = Duration.ofMinutes(2);
  private static final Duration ASLEEP_MAX = Duration.ofMinutes(2);
  private static final List<String> PLATFORM_JVM = List.of("-XX:+UseSerialGC", "-Xmx1g");

  private final java.util.function.Consumer<String> progress;
  private final int beforeSeconds;
  private final int burstSeconds;
  private final Map<String, Call> calls = new LinkedHashMap<>();
  private final SplittableRandom random = new SplittableRandom(1);
  private int answered;

  private static final class Call {
    private final long sentAt;
    private final Phase phase;
    private long answeredAt;
    private boolean ok;
    private int answers;

    Call(long sentAt, Phase phase) {
      this.sentAt = sentAt;
      this.phase = phase;
    }

    long latency() {
      return answeredAt - sentAt;
    }
  }

  private enum Phase {
    BEFORE,
    BURST,
    AFTER,
    WAKING
  }

  /**
   * What came out.
   *
   * @param calls sent
   * @param lost of them never answered
   * @param failed answered with something else than the tool's output
   * @param repeated answered more than once
   * @param baseRps calls a second before and after
   * @param burstRps calls a second in the burst
   * @param replicasMaxSeen most workers at once
   * @param replicasMinSeen fewest workers at once
   * @param replicasAtEnd workers when the last call before they were let go was answered
   * @param p99BeforeMs latency of what was sent before the burst, a call's own time of 1 s included
   * @param p99DuringMs of what was sent in the burst
   * @param p99AfterMs of what was sent once it had been worked off
   * @param recoveryMs from the beginning of the burst until twenty calls in a row took less than
   *     twice their own time; -1: never
   * @param wakeMs latency of the one call that found no workers; -1: it was not answered, or there
   *     were still workers two minutes after the last call
   */
  public record Report(
      int calls,
      int lost,
      int failed,
      int repeated,
      double baseRps,
      double burstRps,
      int replicasMaxSeen,
      int replicasMinSeen,
      int replicasAtEnd,
      double p99BeforeMs,
      double p99DuringMs,
      double p99AfterMs,
      long recoveryMs,
      long wakeMs) {}

  /**
   * @param beforeSeconds how long the even rate lasts first
   * @param burstSeconds how long the burst lasts
   * @param progress gets a line at each step
   */
  public BurstDrill(
      int beforeSeconds, int burstSeconds, java.util.function.Consumer<String> progress) {
    this.beforeSeconds = beforeSeconds;
    this.burstSeconds = burstSeconds;
    this.progress = progress;
  }

  /** Runs it in a platform of its own. */
  public Report run() {
    try (WorkDirectory work = WorkDirectory.create("burst")) {
      progress.accept("starting the platform in " + work.path());
      try (PlatformProcess platform =
          PlatformProcess.start(
              new PlatformProcess.Options(work.path(), "operations", PLATFORM_JVM, false))) {
        Connection connection = platform.connection();
        Declarations.declare(connection, List.of(Declarations.tool(TOOL, "sleep", true)));
        scale(connection);
        try (Fleet fleet = new Fleet(connection, SLOTS, FIRST_WORKERS)) {
          fleet.start();
          Report report = load(connection, fleet);
          if (report.lost() == 0 && report.failed() == 0 && report.wakeMs() >= 0) {
            work.done();
          }
          return report;
        }
      }
    }
  }

  private static void scale(Connection connection) {
    ScalingPolicy policy =
        ScalingPolicy.newBuilder()
            .setReplicasMin(FIRST_WORKERS)
            .setToZero(true)
            .setReplicasMax(50)
            .setSlots(SLOTS)
            .setObjectiveMs(2L * TASK_MILLIS)
            .setStartUpMs(2_000)
            .setCoolDownMs(30_000)
            .build();
    TargetSpec pool =
        TargetSpec.newBuilder()
            .setTarget("pool:default")
            .setName("default")
            .setOccurredAt(Instant.now())
            .setScaling(policy)
            .build();
    try (Producer<String, TargetSpec> producer = connection.producer(Topics.TARGETS, Map.of())) {
      producer.send(new ProducerRecord<>(Topics.TARGETS.name(), pool.getTarget(), pool));
      producer.flush();
    }
  }

  private Report load(Connection connection, Fleet fleet) {
    try (Producer<String, ToolCall> producer = connection.producer(Topics.TOOL_CALLS, Map.of());
        Consumer<String, ToolResult> consumer =
            connection.consumer(Topics.TOOL_RESULTS, Map.of())) {
      List<TopicPartition> partitions =
          consumer.partitionsFor(Topics.TOOL_RESULTS.name()).stream()
              .map(p -> new TopicPartition(p.topic(), p.partition()))
              .toList();
      consumer.assign(partitions);
      consumer.seekToBeginning(partitions);
      phase(Phase.BEFORE, BASE_RPS, beforeSeconds, producer, consumer, fleet);
      long burst = System.currentTimeMillis();
      phase(Phase.BURST, FACTOR * BASE_RPS, burstSeconds, producer, consumer, fleet);
      int grown = fleet.most();
      for (int second = 0; second < LAST_SECONDS_MAX; second += 15) {
        phase(Phase.AFTER, BASE_RPS, 15, producer, consumer, fleet);
        if (second >= 60 && fleet.size() < grown / 2) {
          break;
        }
      }
      answered(consumer);
      int atEnd = fleet.size();
      long wakeMillis = wake(producer, consumer, fleet);
      return report(burst, fleet, atEnd, wakeMillis);
    }
  }

  /** Waits until all calls are answered that will be. */
  private void answered(Consumer<String, ToolResult> consumer) {
    long end = System.currentTimeMillis() + DEADLINE.toMillis();
    while (answered < calls.size() && System.currentTimeMillis() < end) {
      read(consumer);
    }
  }

  private long wake(
      Producer<String, ToolCall> producer, Consumer<String, ToolResult> consumer, Fleet fleet) {
    progress.accept("no calls until there are no workers");
    long end = System.currentTimeMillis() + ASLEEP_MAX.toMillis();
    while (!fleet.gone()) {
      if (System.currentTimeMillis() >= end) {
        return -1;
      }
      read(consumer);
    }
    Call call = send(Phase.WAKING, producer);
    answered(consumer);
    return call.answers == 0 ? -1 : call.latency();
  }

  private void phase(
      Phase phase,
      double rps,
      int seconds,
      Producer<String, ToolCall> producer,
      Consumer<String, ToolResult> consumer,
      Fleet fleet) {
    long begin = System.nanoTime();
    int count = (int) (rps * seconds);
    for (int i = 0; i < count; i++) {
      long due = begin + (long) (i / rps * 1e9);
      do {
        read(consumer);
        long left = Math.min(due - System.nanoTime(), 2_000_000);
        if (left > 0) {
          LockSupport.parkNanos(left);
        }
      } while (System.nanoTime() < due);
      send(phase, producer);
    }
    progress.accept(
        "%s: %d calls, %d answered, %d workers"
            .formatted(phase, calls.size(), answered, fleet.size()));
  }

  private Call send(Phase phase, Producer<String, ToolCall> producer) {
    long now = System.currentTimeMillis();
    String id = Ids.v7(now, random);
    Call call = new Call(now, phase);
    calls.put(id, call);
    producer.send(
        new ProducerRecord<>(
            Topics.TOOL_CALLS.name(),
            Fingerprint.ofOperation(id),
            ToolCall.newBuilder()
                .setId(id)
                .setOccurredAt(Instant.ofEpochMilli(now))
                .setTarget(TOOL)
                .setArguments("{\"ms\":%d,\"id\":\"%s\"}".formatted(TASK_MILLIS, id))
                .setDeadlineAt(Instant.ofEpochMilli(now + DEADLINE.toMillis()))
                .build()));
    return call;
  }

  private void read(Consumer<String, ToolResult> consumer) {
    for (ConsumerRecord<String, ToolResult> record : consumer.poll(Duration.ofMillis(1))) {
      Call call = calls.get(record.value().getOperationId());
      if (call != null && ++call.answers == 1) {
        call.answeredAt = System.currentTimeMillis();
        call.ok = record.value().getOutcome() == Outcome.OK;
        answered++;
      }
    }
  }

  private Report report(long burst, Fleet fleet, int atEnd, long wakeMillis) {
    int lost = 0;
    int failed = 0;
    int repeated = 0;
    List<Call> sent = new ArrayList<>(calls.values());
    for (Call call : sent) {
      lost += call.answers == 0 ? 1 : 0;
      failed += call.answers > 0 && !call.ok ? 1 : 0;
      repeated += call.answers > 1 ? 1 : 0;
    }
    long recovered = recovered(sent, burst);
    return new Report(
        sent.size(),
        lost,
        failed,
        repeated,
        BASE_RPS,
        FACTOR * BASE_RPS,
        fleet.most(),
        fleet.fewest(),
        atEnd,
        p99(sent.stream().filter(c -> c.phase == Phase.BEFORE).toList()),
        p99(sent.stream().filter(c -> c.phase == Phase.BURST).toList()),
        p99(
            sent.stream()
                .filter(
                    c -> c.phase == Phase.AFTER && recovered >= 0 && c.sentAt >= burst + recovered)
                .toList()),
        recovered,
        wakeMillis);
  }

  /** From the burst to the first of many calls in a row that were quick, after some were not. */
  private static long recovered(List<Call> sent, long burst) {
    int quick = 0;
    boolean slow = false;
    long since = 0;
    for (Call call : sent) {
      if (call.sentAt < burst) {
        continue;
      }
      if (call.answers > 0 && call.latency() < 2 * TASK_MILLIS) {
        since = quick++ == 0 ? call.sentAt : since;
        if (slow && quick == RECOVERED) {
          return since - burst;
        }
      } else {
        quick = 0;
        slow = true;
      }
    }
    return slow ? -1 : 0;
  }

  private static double p99(List<Call> of) {
    long[] latencies =
        of.stream().filter(c -> c.answers > 0).mapToLong(Call::latency).sorted().toArray();
    return latencies.length == 0
        ? 0
        : latencies[Math.min(latencies.length - 1, (int) Math.ceil(latencies.length * 0.99) - 1)];
  }
}
