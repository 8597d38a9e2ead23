package io.millrace.topologies;

import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.millrace.events.Rejection;
import io.millrace.schemas.serde.KnownSchemas;
import io.millrace.schemas.serde.RegistryException;
import io.millrace.schemas.topics.Topic;
import io.millrace.schemas.topics.Topics;
import io.millrace.topologies.dispatch.RequestMetrics;
import io.millrace.topologies.ledger.LedgerTopology;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;
import java.util.function.ToDoubleFunction;
import java.util.stream.DoubleStream;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AdminClientConfig;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.common.Metric;
import org.apache.kafka.common.errors.TimeoutException;
import org.apache.kafka.streams.KafkaClientSupplier;
import org.apache.kafka.streams.KafkaStreams;
import org.apache.kafka.streams.StreamsConfig;
import org.apache.kafka.streams.Topology;
import org.apache.kafka.streams.errors.StreamsUncaughtExceptionHandler.StreamThreadExceptionResponse;
import org.apache.kafka.streams.processor.internals.DefaultKafkaClientSupplier;
import org.jspecify.annotations.Nullable;
import org.rocksdb.RocksDB;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Runs topologies against a cluster: those of {@link Operations}, at least once, or the ledger's,
 * exactly once.
 */
public final class OperationsApplication implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(OperationsApplication.class);
  private static final String GLOBAL_THREAD = "GlobalStreamThread";
  private static final String CLASSIC = "classic";
  private static final int ANSWER_MILLIS = 5_000;
  private static final long BACKOFF_MS = 5;
  private static final int TABLES_WAIT_MS = 100;
  private static final int RESTORE_WAIT_MS = 20;
  private static final Duration CLOSE = Duration.ofSeconds(10);
  private static final long WATCH_END_MS = 3_000;
  private static final long READY_NANOS = TimeUnit.MILLISECONDS.toNanos(100);

  private final KafkaStreams streams;
  private final Thread schemas;
  private final @Nullable TableWatch tables;
  private final Thread watching;
  private volatile boolean closed;

  /**
   * Makes the application; it does nothing before {@link #start}. Brokers that are away are waited
   * for.
   *
   * @param meters where its metrics go
   * @throws IllegalStateException if the topics are not there: provision them first
   */
  public OperationsApplication(OperationsConfig config, MeterRegistry meters) {
    this(
        new Operations(
            config.serde(),
            partitions(config),
            config.dispatchPolicy(),
            new RequestMetrics(meters),
            config.scalingBudgetMicros(),
            InstantSource.system()),
        config,
        meters);
  }

  private OperationsApplication(
      Operations operations, OperationsConfig config, MeterRegistry meters) {
    this(
        operations.topology(),
        properties(config, operations.written()),
        () -> {
          operations.schemas().learn(operations.sources(), config.serde());
          operations.written().prepare();
        },
        new TableWatch(
            config.kafka(),
            config.serde(),
            config.applicationId(),
            operations.tables(),
            operations.targets(),
            rejections(config, operations.written()),
            InstantSource.system()),
        meters);
  }

  /**
   * @param learning gets the schemas of what is read and written
   * @param tables rejects what the global tables leave out; null: another application's does
   */
  private OperationsApplication(
      Topology topology,
      Properties properties,
      Runnable learning,
      @Nullable TableWatch tables,
      MeterRegistry meters) {
    this.streams = new KafkaStreams(topology, properties, clients(properties));
    streams.setUncaughtExceptionHandler(
        failure -> {
          // Kafka calls this on the thread that failed, and cannot replace that of the tables.
          if (Thread.currentThread().getName().contains(GLOBAL_THREAD)) {
            LOG.error("The global tables failed; operations cannot go on", failure);
            return StreamThreadExceptionResponse.SHUTDOWN_CLIENT;
          }
          LOG.error("A stream thread failed and is replaced", failure);
          return StreamThreadExceptionResponse.REPLACE_THREAD;
        });
    String id = properties.getProperty(StreamsConfig.APPLICATION_ID_CONFIG);
    this.schemas = new Thread(() -> learn(learning), id + "-schemas");
    schemas.setDaemon(true);
    this.tables = tables;
    this.watching = new Thread(this::watch, id + "-tables");
    watching.setDaemon(true);
    bind(meters, id);
  }

  /**
   * Makes the ledger, an application of its own: what it counts, it counts exactly once.
   *
   * @param config of operations, which it runs beside
   * @param meters where its metrics go
   * @throws IllegalStateException if the topics are not there: provision them first
   */
  public static OperationsApplication ledger(OperationsConfig config, MeterRegistry meters) {
    KnownSchemas known = new KnownSchemas();
    Written written = new Written(config.serde());
    Properties properties = properties(config, written);
    properties.put(StreamsConfig.APPLICATION_ID_CONFIG, config.ledgerApplicationId());
    properties.put(StreamsConfig.PROCESSING_GUARANTEE_CONFIG, StreamsConfig.EXACTLY_ONCE_V2);
    properties.put(StreamsConfig.NUM_STREAM_THREADS_CONFIG, 1);
    // Nobody waits for it: what has come in the meantime is read at once, and committed together.
    properties.put(StreamsConfig.POLL_MS_CONFIG, 100L);
    properties.put(StreamsConfig.producerPrefix(ProducerConfig.LINGER_MS_CONFIG), 20);
    return new OperationsApplication(
        LedgerTopology.of(
            config.serde(), known, written, partitions(config), new RequestMetrics(meters)),
        properties,
        () -> {
          known.learn(LedgerTopology.SOURCES, config.serde());
          written.prepare();
        },
        null,
        meters);
  }

  /**
   * Begins to load what every application needs and what takes long, the library of the state
   * stores; returns at once. For a process that has to do other things before it starts one.
   */
  public static void preload() {
    Thread library = new Thread(RocksDB::loadLibrary, "rocksdb-library");
    library.setDaemon(true);
    library.setUncaughtExceptionHandler(
        (thread, failure) -> LOG.debug("Whoever needs the library will say so", failure));
    library.start();
  }

  /** Begins when the streams are ready: nobody waits for it. */
  private void watch() {
    while (tables != null && !closed && !ready()) {
      LockSupport.parkNanos(READY_NANOS);
    }
    if (tables != null) {
      tables.run(() -> closed);
    }
  }

  /** A schema that was registered by now is not asked for when the registry is away. */
  private void learn(Runnable learning) {
    while (!closed) {
      try {
        learning.run();
        return;
      } catch (RegistryException e) {
        LOG.warn(
            "The schemas of what is read and written could not all be learnt: {}", e.getMessage());
        if (!e.away()) {
          return;
        }
      }
    }
  }

  private static KafkaClientSupplier clients(Properties properties) {
    boolean bursts =
        StreamsConfig.AT_LEAST_ONCE.equals(
                properties.get(StreamsConfig.PROCESSING_GUARANTEE_CONFIG))
            && CLASSIC.equals(properties.get(StreamsConfig.GROUP_PROTOCOL_CONFIG));
    return bursts ? new BurstClients(System::nanoTime) : new DefaultKafkaClientSupplier();
  }

  private static int partitions(OperationsConfig config) {
    String topic = Topics.TOOL_CALLS.name();
    List<String> brokers = config.getList(OperationsConfig.BOOTSTRAP_SERVERS);
    Map<String, Object> settings = config.kafka();
    settings.put(AdminClientConfig.DEFAULT_API_TIMEOUT_MS_CONFIG, ANSWER_MILLIS);
    settings.put(AdminClientConfig.REQUEST_TIMEOUT_MS_CONFIG, ANSWER_MILLIS);
    try (Admin admin = Admin.create(settings)) {
      while (true) {
        try {
          return admin
              .describeTopics(List.of(topic))
              .allTopicNames()
              .thenApply(found -> found.values().iterator().next().partitions().size())
              .get();
        } catch (ExecutionException e) {
          if (!(e.getCause() instanceof TimeoutException)) {
            throw new IllegalStateException(
                "topic %s cannot be described at %s: %s; provision the topics first"
                    .formatted(topic, brokers, e.getCause()),
                e);
          }
          LOG.warn("Brokers {} do not answer; trying again: {}", brokers, e.getCause().toString());
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted while looking for topics", e);
    }
  }

  private static RejectionWriter rejections(OperationsConfig config, Written written) {
    return new RejectionWriter(config.kafka(), written.sent(Topics.REJECTIONS));
  }

  private static Properties properties(OperationsConfig config, Written written) {
    Map<String, Object> settings = config.kafka();
    settings.put(StreamsConfig.APPLICATION_ID_CONFIG, config.applicationId());
    settings.put(StreamsConfig.STATE_DIR_CONFIG, config.stateDir());
    settings.put(StreamsConfig.PROCESSING_GUARANTEE_CONFIG, StreamsConfig.AT_LEAST_ONCE);
    settings.put(StreamsConfig.NUM_STREAM_THREADS_CONFIG, config.threads());
    settings.put(StreamsConfig.GROUP_PROTOCOL_CONFIG, config.groupProtocol());
    settings.put(StreamsConfig.NUM_STANDBY_REPLICAS_CONFIG, config.standbys());
    settings.put(StreamsConfig.COMMIT_INTERVAL_MS_CONFIG, config.commitMillis());
    settings.put(StreamsConfig.STATESTORE_CACHE_MAX_BYTES_CONFIG, config.recordCacheBytes());
    settings.put(StreamsConfig.ROCKSDB_CONFIG_SETTER_CLASS_CONFIG, SharedRocksMemory.class);
    settings.put(SharedRocksMemory.BLOCK_CACHE_BYTES, config.blockCacheBytes());
    settings.put(SharedRocksMemory.WRITE_BUFFER_BYTES, config.writeBufferBytes());
    settings.put(StreamsConfig.PRODUCTION_EXCEPTION_HANDLER_CLASS_CONFIG, TooLargeToWrite.class);
    Consumer<Rejection> rejected = rejections(config, written)::writeLater;
    settings.put(TooLargeToWrite.REJECTIONS, rejected);
    // Timers are no finer than the poll.
    settings.put(StreamsConfig.POLL_MS_CONFIG, 10L);
    // What has arrived is processed at once: no stream waits for another.
    settings.put(StreamsConfig.MAX_TASK_IDLE_MS_CONFIG, StreamsConfig.MAX_TASK_IDLE_MS_DISABLED);
    settings.put(StreamsConfig.producerPrefix(ProducerConfig.LINGER_MS_CONFIG), 0);
    // What is said while a request is under way goes together in the next one: fewer, larger
    // requests, and nothing waits when all is quiet.
    settings.put(
        StreamsConfig.producerPrefix(ProducerConfig.MAX_IN_FLIGHT_REQUESTS_PER_CONNECTION), 1);
    settings.put(StreamsConfig.producerPrefix(ProducerConfig.BATCH_SIZE_CONFIG), 128 << 10);
    settings.put(
        StreamsConfig.producerPrefix(ProducerConfig.MAX_REQUEST_SIZE_CONFIG),
        Topic.REJECTION_BYTES_MAX);
    // Changelogs are all made at once, but Kafka Streams looks at one in each of its turns, and
    // pauses between them for as long as the main consumer does before it tries again.
    settings.put(
        StreamsConfig.mainConsumerPrefix(ConsumerConfig.RETRY_BACKOFF_MS_CONFIG), BACKOFF_MS);
    // Tables and changelogs are read one by one at the start, and the first request for the next
    // one waits on the broker behind a fetch of what is yet to come to the last one.
    settings.put(
        StreamsConfig.globalConsumerPrefix(ConsumerConfig.FETCH_MAX_WAIT_MS_CONFIG),
        TABLES_WAIT_MS);
    settings.put(
        StreamsConfig.restoreConsumerPrefix(ConsumerConfig.FETCH_MAX_WAIT_MS_CONFIG),
        RESTORE_WAIT_MS);
    settings.put(
        StreamsConfig.consumerPrefix(ConsumerConfig.SESSION_TIMEOUT_MS_CONFIG),
        config.sessionTimeoutMillis());
    settings.put(
        StreamsConfig.consumerPrefix(ConsumerConfig.HEARTBEAT_INTERVAL_MS_CONFIG),
        Math.max(100, config.sessionTimeoutMillis() / 6));
    settings.put(StreamsConfig.consumerPrefix(ConsumerConfig.AUTO_OFFSET_RESET_CONFIG), "earliest");
    if (!config.groupInstanceId().isEmpty()) {
      settings.put(
          StreamsConfig.consumerPrefix(ConsumerConfig.GROUP_INSTANCE_ID_CONFIG),
          config.groupInstanceId());
    }
    Properties properties = new Properties();
    properties.putAll(settings);
    return properties;
  }

  private void bind(MeterRegistry meters, String application) {
    gauge(
        meters,
        application,
        "millrace.lag",
        "records",
        "Records that the slowest stream thread is behind",
        s -> highest(s, "consumer-fetch-manager-metrics", "records-lag-max"));
    gauge(
        meters,
        application,
        "millrace.store.bytes",
        "bytes",
        "Bytes of the state stores on disk",
        s -> sum(s, "stream-state-metrics", "total-sst-files-size"));
  }

  private void gauge(
      MeterRegistry meters,
      String application,
      String name,
      String unit,
      String description,
      ToDoubleFunction<KafkaStreams> value) {
    Gauge.builder(name, streams, value)
        .tag("application", application)
        .baseUnit(unit)
        .description(description)
        .register(meters);
  }

  private static double highest(KafkaStreams streams, String group, String name) {
    return values(streams, group, name).max().orElse(0);
  }

  private static double sum(KafkaStreams streams, String group, String name) {
    return values(streams, group, name).sum();
  }

  private static DoubleStream values(KafkaStreams streams, String group, String name) {
    return streams.metrics().values().stream()
        .map(Metric.class::cast)
        .filter(m -> m.metricName().group().equals(group) && m.metricName().name().equals(name))
        .mapToDouble(m -> m.metricValue() instanceof Number n ? n.doubleValue() : 0)
        .filter(Double::isFinite);
  }

  /**
   * Says what to do when the application has failed for good; to be called before {@link #start}.
   *
   * <p>A stream thread that fails is replaced; only the thread of the global tables is not.
   */
  public void onFailure(Runnable action) {
    streams.setStateListener(
        (now, before) -> {
          if (now == KafkaStreams.State.ERROR) {
            action.run();
          }
        });
  }

  /** Whether it has failed for good. */
  public boolean failed() {
    return streams.state() == KafkaStreams.State.ERROR;
  }

  /** Starts processing; returns once the global tables are filled. */
  public void start() {
    schemas.start();
    watching.start();
    streams.start();
  }

  /** Whether every task is assigned, restored and running. */
  public boolean ready() {
    return streams.state() == KafkaStreams.State.RUNNING;
  }

  /** The state of the application, for people. */
  public String state() {
    return streams.state().name();
  }

  /** Commits and stops, within thirteen seconds. */
  @Override
  public void close() {
    closed = true;
    schemas.interrupt();
    if (tables != null) {
      tables.wake();
    }
    if (!streams.close(CLOSE)) {
      LOG.warn("The stream threads did not stop within {}", CLOSE);
    }
    try {
      watching.join(WATCH_END_MS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
