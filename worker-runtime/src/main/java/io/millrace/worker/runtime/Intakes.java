package io.millrace.worker.runtime;

import io.millrace.events.Task;
import io.millrace.schemas.topics.Topic;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Where a worker takes its tasks: made as its pools become known, started when it is ready to run
 * them. Safe for use by several threads.
 */
final class Intakes {
  private static final Logger LOG = LoggerFactory.getLogger(Intakes.class);

  private final WorkerConfig config;
  private final WorkerTopics topics;
  private final String workerId;
  private final WorkerMetrics metrics;
  private final StatusBeat status;
  private final ScaledSlots scaled;
  private final TaskDesk desk;
  private final Map<String, Intake> byName = new LinkedHashMap<>();
  private boolean open;
  private boolean last;

  Intakes(
      WorkerConfig config,
      WorkerTopics topics,
      String workerId,
      WorkerMetrics metrics,
      StatusBeat status,
      ScaledSlots scaled,
      TaskDesk desk) {
    this.config = config;
    this.topics = topics;
    this.workerId = workerId;
    this.metrics = metrics;
    this.status = status;
    this.scaled = scaled;
    this.desk = desk;
  }

  /** Takes the tasks of one more pool, at once if they are {@link #open}. */
  synchronized void serve(String pool) {
    if (byName.containsKey(pool) || last) {
      return;
    }
    Slots slots = newSlots();
    metrics.pool(pool, slots);
    status.pool(pool, slots);
    if (config.scaled()) {
      scaled.pool(pool, slots);
    }
    add(pool, new PoolIntake(config, topics, pool, slots, desk));
    Function<String, Topic<Task>> sequences = topics.sequences();
    if (sequences != null) {
      String name = pool + ".sequences";
      add(
          name,
          new SequenceIntake(
              config, sequences.apply(pool).name(), topics.groupId(name), name, newSlots(), desk));
    }
  }

  private Slots newSlots() {
    return new Slots(config.slots(), config.inFlightBytes());
  }

  private void add(String name, Intake intake) {
    byName.put(name, intake);
    if (open) {
      LOG.info("Worker {} takes tasks of {} as well", workerId, name);
      intake.start();
    }
  }

  /** Starts all, and from now on each that is added; returns when tasks are asked for. */
  void open() {
    List<Intake> first;
    synchronized (this) {
      open = true;
      byName.values().forEach(Intake::start);
      first = List.copyOf(byName.values());
    }
    first.forEach(intake -> intake.ready().join());
  }

  /** What was learnt of how many runs a pool bears goes. */
  synchronized void unlimit(String pool) {
    if (byName.get(pool) instanceof PoolIntake intake) {
      intake.unlimit();
    }
  }

  /** Takes nothing more; returns when all have stopped. */
  void close() {
    List<Intake> all;
    synchronized (this) {
      last = true;
      all = List.copyOf(byName.values());
    }
    all.forEach(Intake::close);
  }
}
