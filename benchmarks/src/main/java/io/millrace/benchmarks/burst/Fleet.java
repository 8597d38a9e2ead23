package io.millrace.benchmarks.burst;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.millrace.benchmarks.client.Connection;
import io.millrace.events.ScalingDecision;
import io.millrace.schemas.topics.Topics;
import io.millrace.toolworker.ToolWorker;
import io.millrace.toolworker.ToolWorkerConfig;
import io.millrace.worker.runtime.WorkerConfig;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.TopicPartition;

/**
 * Stands in for an autoscaler: keeps as many workers as the last scaling decision says. Workers
 * that are too many are drained, the newest first.
 */
final class Fleet implements AutoCloseable {
  private static final Duration POLL = Duration.ofMillis(200);
  private static final Duration DRAIN = Duration.ofSeconds(30);
  private static final int STARTERS = 4;

  private final Connection connection;
  private final int slots;
  private final Consumer<String, ScalingDecision> decisions;
  private final Deque<ToolWorker> workers = new ArrayDeque<>();
  private final ExecutorService drains = Executors.newFixedThreadPool(STARTERS);
  private final Thread thread = new Thread(this::follow, "fleet");
  private volatile boolean stopping;
  private final AtomicInteger leaving = new AtomicInteger();
  private volatile int size;
  private int most;
  private int fewest = Integer.MAX_VALUE;

  /**
   * Starts with some workers and waits until they take tasks.
   *
   * @param slots of each worker
   */
  Fleet(Connection connection, int slots, int first) {
    this.connection = connection;
    this.slots = slots;
    this.decisions = connection.consumer(Topics.SCALING_DECISIONS, Map.of());
    resize(first);
    workers.forEach(worker -> worker.ready().join());
  }

  void start() {
    var partitions =
        decisions.partitionsFor(Topics.SCALING_DECISIONS.name()).stream()
            .map(p -> new TopicPartition(p.topic(), p.partition()))
            .toList();
    decisions.assign(partitions);
    decisions.seekToBeginning(partitions);
    thread.start();
  }

  private void follow() {
    while (!stopping) {
      int wanted = -1;
      for (ConsumerRecord<String, ScalingDecision> record : decisions.poll(POLL)) {
        if (record.value() != null) {
          wanted = record.value().getReplicas();
        }
      }
      if (wanted >= 0) {
        resize(wanted);
      }
    }
    decisions.close();
  }

  private synchronized void resize(int wanted) {
    while (workers.size() < wanted) {
      ToolWorker worker =
          new ToolWorker(
              new ToolWorkerConfig(
                  Map.of(
                      WorkerConfig.BOOTSTRAP_SERVERS,
                      connection.bootstrap(),
                      WorkerConfig.SCHEMA_REGISTRY_URL,
                      connection.registry(),
                      WorkerConfig.SLOTS,
                      Integer.toString(slots),
                      WorkerConfig.BLOCKING_THREADS,
                      "1")),
              new SimpleMeterRegistry());
      worker.start();
      workers.addLast(worker);
    }
    while (workers.size() > wanted) {
      ToolWorker worker = workers.removeLast();
      leaving.incrementAndGet();
      drains.execute(
          () -> {
            worker.drain(DRAIN);
            leaving.decrementAndGet();
          });
    }
    size = workers.size();
    most = Math.max(most, size);
    fewest = Math.min(fewest, size);
  }

  /** Whether there is none, nor one that ends what it runs. */
  boolean gone() {
    return size == 0 && leaving.get() == 0;
  }

  /** How many there are now. */
  int size() {
    return size;
  }

  /** The most there were at once. */
  synchronized int most() {
    return most;
  }

  /** The fewest there were at once. */
  synchronized int fewest() {
    return fewest;
  }

  @Override
  public void close() {
    stopping = true;
    try {
      thread.join();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    resize(0);
    drains.shutdown();
    try {
      if (!drains.awaitTermination(60, TimeUnit.SECONDS)) {
        drains.shutdownNow();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
