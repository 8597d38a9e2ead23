package io.millrace.worker.runtime;

import io.micrometer.core.instrument.MeterRegistry;
import io.millrace.events.Control;
import io.millrace.events.ScalingDecision;
import io.millrace.events.TargetSpec;
import io.millrace.events.Task;
import io.millrace.schemas.identity.Ids;
import io.millrace.schemas.log.LogFollower;
import io.millrace.schemas.log.RecordReader;
import io.millrace.schemas.log.RecordReader.Read;
import io.millrace.schemas.topics.Topics;
import io.millrace.worker.task.TaskRunner;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.locks.LockSupport;
import java.util.function.UnaryOperator;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.KafkaException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Takes tasks of one kind from the log, has them run and reports how they ended.
 *
 * <p>A worker keeps no state that it cannot lose: what it was doing when it dies, dispatch finds
 * out by its silence.
 */
public final class Worker implements AutoCloseable {

  private static final Logger LOG = LoggerFactory.getLogger(Worker.class);
  private static final String POOL_PREFIX = "pool:";
  private static final Duration PAUSE = Duration.ofMillis(500);
  private static final Duration FAREWELL = Duration.ofSeconds(20);

  private final WorkerConfig config;
  private final String id;
  private final WorkerMetrics metrics;
  private final TaskRunner runner;
  private final TargetTable targets = new TargetTable();
  private final RecordReader<TargetSpec> targetReader;
  private final RecordReader<Control> controlReader;
  private final RecordReader<ScalingDecision> decisionReader;
  private final ScaledSlots scaled;
  private final WorkerLog log;
  private final TaskDesk desk;
  private final LogFollower follower;
  private final Intakes intakes;
  private final StatusBeat status;
  private final Ticker ticker;
  private final CompletableFuture<Void> ready = new CompletableFuture<>();
  private final Thread starter;
  private volatile boolean stopping;
  private boolean started;
  private boolean stopped;

  /**
   * Connects to nothing yet.
   *
   * @param config settings
   * @param topics of the kind of operation it serves
   * @param runner runs the tasks; whoever made it closes it, after the worker
   * @param registry gets the worker's meters
   */
  public Worker(
      WorkerConfig config, WorkerTopics topics, TaskRunner runner, MeterRegistry registry) {
    this.config = config;
    this.runner = runner;
    String host = host();
    String given = config.getString(WorkerConfig.WORKER_ID);
    this.id = given.isEmpty() ? newId(host) : given;
    WorkerClock clock = WorkerClock.system();
    this.metrics = new WorkerMetrics(registry);
    this.targetReader = new RecordReader<>(TargetSpec.class, config.serde(), () -> stopping);
    this.controlReader = new RecordReader<>(Control.class, config.serde(), () -> stopping);
    this.decisionReader = new RecordReader<>(ScalingDecision.class, config.serde(), () -> stopping);
    this.scaled = new ScaledSlots(config.slots());
    this.log = new WorkerLog(config, topics, id, clock);
    this.desk =
        new TaskDesk(
            runner,
            targets,
            new RecordReader<>(Task.class, config.serde(), () -> stopping),
            log,
            metrics,
            clock,
            config.targetWait());
    this.follower =
        new LogFollower(
            "worker-follower",
            config.kafka(),
            config.scaled()
                ? Map.of(
                    Topics.TARGETS.name(),
                    this::onTarget,
                    Topics.SCALING_DECISIONS.name(),
                    this::onDecision)
                : Map.of(Topics.TARGETS.name(), this::onTarget),
            Map.of(topics.controls().name(), this::onControl),
            UnaryOperator.identity(),
            log.topics());
    this.status = new StatusBeat(log, desk, runner, topics.kind(), id, host, clock);
    this.intakes = new Intakes(config, topics, id, metrics, status, scaled, desk);
    if (!config.everyPool()) {
      config.pools().forEach(intakes::serve);
    }
    this.ticker = new Ticker(clock, List.of(desk::tick, status::tick));
    this.starter = new Thread(this::startUp, "worker-start");
  }

  /** Name of this worker. */
  public String id() {
    return id;
  }

  /** Starts; returns at once. A broker or registry that is away is waited for. */
  public synchronized void start() {
    if (started || stopped) {
      throw new IllegalStateException("A worker is started once");
    }
    started = true;
    follower.start();
    starter.start();
  }

  /**
   * Done once the targets are known, the controls are followed and tasks are asked for; cancelled
   * if the worker is closed before.
   */
  public CompletableFuture<Void> ready() {
    return ready.copy();
  }

  private void startUp() {
    try {
      follower.ready().join();
      prepare();
      desk.open(ticker::at, log.homePartitions());
      ticker.start();
      awaitPrepared();
      intakes.open();
      LOG.info("Worker {} takes tasks of {}", id, config.pools());
      ready.complete(null);
    } catch (RuntimeException e) {
      if (!stopping) {
        LOG.error("Worker {} could not start", id, e);
      }
      ready.completeExceptionally(e);
    }
  }

  private void awaitPrepared() {
    try {
      runner.prepared().toCompletableFuture().get();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted while targets were prepared", e);
    } catch (ExecutionException e) {
      throw new IllegalStateException("targets could not be prepared: " + e.getCause(), e);
    }
  }

  private void prepare() {
    while (true) {
      try {
        log.prepare();
        return;
      } catch (KafkaException e) {
        if (stopping) {
          throw e;
        }
        LOG.warn("Brokers or schema registry do not answer; trying again: {}", e.toString());
        LockSupport.parkNanos(PAUSE.toNanos());
      }
    }
  }

  private void onTarget(ConsumerRecord<byte[], byte[]> record) {
    if (record.key() == null) {
      metrics.targetDropped();
      LOG.warn("Target {}@{} was dropped: it has no key", record.partition(), record.offset());
      return;
    }
    String name = new String(record.key(), StandardCharsets.UTF_8);
    Read<TargetSpec> read = targetReader.read(record.topic(), record.value());
    if (read.undecodable() != null) {
      metrics.targetDropped();
      LOG.warn(
          "Target {} {}@{} was dropped, its former declaration holds: {}",
          name,
          record.partition(),
          record.offset(),
          read.undecodable().message());
      return;
    }
    unlimit(targets.put(name, read.record()));
    if (name.startsWith(POOL_PREFIX)) {
      scaled.declared(name.substring(POOL_PREFIX.length()), read.record());
    }
    if (config.everyPool() && name.startsWith(POOL_PREFIX) && read.record() != null) {
      intakes.serve(name.substring(POOL_PREFIX.length()));
    }
    runner.declared(name, read.record());
    desk.targetDeclared(name);
  }

  /** Where no target of a pool has its runs limited any more, what was learnt of them goes. */
  private void unlimit(@Nullable TargetSpec former) {
    if (former != null
        && former.getConcurrencyLimit() != null
        && !targets.limits(former.getPool())) {
      intakes.unlimit(former.getPool());
    }
  }

  private void onDecision(ConsumerRecord<byte[], byte[]> record) {
    Read<ScalingDecision> read = decisionReader.read(record.topic(), record.value());
    if (record.key() == null || read.undecodable() != null) {
      LOG.warn(
          "Scaling decision {}@{} was dropped, the former one holds",
          record.partition(),
          record.offset());
      return;
    }
    scaled.decided(new String(record.key(), StandardCharsets.UTF_8), read.record());
  }

  private void onControl(ConsumerRecord<byte[], byte[]> record) {
    Read<Control> read = controlReader.read(record.topic(), record.value());
    if (read.record() != null) {
      desk.control(read.record());
    } else if (read.undecodable() != null) {
      metrics.rejected();
      log.reject(record, read.undecodable().reason(), read.undecodable().message(), null);
    }
  }

  /**
   * Stops in order: takes nothing new, lets what runs end, says that it has left.
   *
   * @param limit how long tasks may run on; what runs then is called off and reported as such
   * @return true if all tasks ended by themselves
   */
  public synchronized boolean drain(Duration limit) {
    if (stopped) {
      return true;
    }
    stopped = true;
    status.drain();
    boolean clean = true;
    if (started) {
      LOG.info("Worker {} drains {} tasks", id, desk.inHand());
      clean = stop(limit);
    } else {
      log.close();
    }
    ready.cancel(false);
    LOG.info("Worker {} has stopped", id);
    return clean;
  }

  private boolean stop(Duration limit) {
    // Whoever only starts is not waited for: brokers may be away.
    boolean running = ready.isDone() && !ready.isCompletedExceptionally();
    if (!running) {
      stopping = true;
      follower.close();
      starter.interrupt();
      join(starter);
    }
    intakes.close();
    boolean clean = !running || awaitEmpty(limit);
    stopping = true;
    Thread watchdog = watchdog();
    desk.stop();
    ticker.close();
    follower.close();
    if (running) {
      log.status(null);
    }
    log.close();
    watchdog.interrupt();
    return clean;
  }

  /** Frees whoever waits for brokers that are away, so that stopping ends all the same. */
  private Thread watchdog() {
    Thread watchdog =
        new Thread(
            () -> {
              try {
                Thread.sleep(FAREWELL.toMillis());
                LOG.error("Brokers do not answer: what was still to be said is lost");
                log.close();
              } catch (InterruptedException e) {
                LOG.debug("Stopped in time");
              }
            },
            "worker-watchdog");
    watchdog.setDaemon(true);
    watchdog.start();
    return watchdog;
  }

  private boolean awaitEmpty(Duration limit) {
    long end = System.nanoTime() + limit.toNanos();
    while (desk.inHand() > 0 && System.nanoTime() - end < 0) {
      LockSupport.parkNanos(Duration.ofMillis(5).toNanos());
    }
    return desk.inHand() == 0;
  }

  /** Drains for as long as the settings allow, unless that is done already. */
  @Override
  public void close() {
    drain(config.drainTimeout());
  }

  private static void join(Thread thread) {
    try {
      thread.join();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private static String host() {
    try {
      return InetAddress.getLocalHost().getHostName();
    } catch (UnknownHostException e) {
      return "localhost";
    }
  }

  private static String newId(String host) {
    String random = Ids.v7(System.currentTimeMillis(), ThreadLocalRandom.current()).substring(28);
    return host + "-" + ProcessHandle.current().pid() + "-" + random;
  }
}
