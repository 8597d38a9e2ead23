package io.millrace.worker.runtime;

import static org.apache.kafka.common.config.ConfigDef.Range.atLeast;
import static org.apache.kafka.common.config.ConfigDef.Range.between;

import io.millrace.schemas.config.Settings;
import io.millrace.schemas.topics.Topics;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.apache.kafka.common.config.ConfigDef;
import org.apache.kafka.common.config.ConfigDef.Importance;
import org.apache.kafka.common.config.ConfigDef.Type;
import org.apache.kafka.common.config.ConfigException;

/** The settings that every kind of worker has; a kind adds its own to {@link #definition()}. */
public class WorkerConfig extends Settings {

  public static final String WORKER_ID = "worker.id";
  public static final String POOLS = "pools";
  public static final String SLOTS = "slots";
  public static final String SCALED = "slots.scaled";
  public static final String BLOCKING_THREADS = "blocking.threads";
  public static final String IN_FLIGHT_BYTES = "in.flight.bytes";
  public static final String TARGET_WAIT_MS = "target.wait.ms";
  public static final String DRAIN_TIMEOUT_MS = "drain.timeout.ms";

  /**
   * Checked settings.
   *
   * @param definition from {@link #definition()}, with the keys of the kind of worker added
   * @param settings names to values
   * @throws ConfigException with one line that names every setting that is unknown, missing or
   *     wrong
   */
  public WorkerConfig(ConfigDef definition, Map<String, String> settings) {
    super("worker", definition, settings);
    for (String pool : pools()) {
      if (!everyPool() && !Topics.POOL_NAME.matcher(pool).matches()) {
        throw new ConfigException(
            POOLS, pool, "A pool's name has 1 to 40 of the characters a-z, 0-9 and '-'");
      }
    }
    if (pools().isEmpty()) {
      throw new ConfigException(POOLS, pools(), "Name at least one pool");
    }
  }

  /** The keys that every kind of worker has; a new object at each call. */
  public static ConfigDef definition() {
    return Settings.definition()
        .define(
            WORKER_ID,
            Type.STRING,
            "",
            Importance.MEDIUM,
            "Name of this worker, unique among all; empty: one is made of host, process id and a"
                + " random part.")
        .define(
            POOLS,
            Type.LIST,
            "default",
            Importance.HIGH,
            "Pools whose tasks this worker takes, separated by commas; * alone: every pool that is"
                + " registered.")
        .define(
            SLOTS,
            Type.INT,
            64,
            between(1, 100_000),
            Importance.HIGH,
            "How many tasks of each pool may be in hand at once.")
        .define(
            SCALED,
            Type.BOOLEAN,
            false,
            Importance.MEDIUM,
            "Whether this worker stands in for all replicas of its pools: where a pool is scaled, its"
                + " slots are then those of the replicas that were decided on, at least one.")
        .define(
            BLOCKING_THREADS,
            Type.INT,
            16,
            between(1, 10_000),
            Importance.MEDIUM,
            "Threads for work that blocks; what waits for its answer asynchronously needs none.")
        .define(
            IN_FLIGHT_BYTES,
            Type.LONG,
            64L << 20,
            atLeast(1L << 20),
            Importance.LOW,
            "No more tasks of a pool are taken while those in hand have this many bytes.")
        .define(
            TARGET_WAIT_MS,
            Type.LONG,
            1_000L,
            between(0, 60_000),
            Importance.LOW,
            "How long a task waits for the declaration of a target that is not known yet,"
                + " milliseconds.")
        .define(
            DRAIN_TIMEOUT_MS,
            Type.LONG,
            30_000L,
            between(0, 3_600_000),
            Importance.MEDIUM,
            "How long a stopping worker lets its tasks run on, milliseconds.");
  }

  /** Whether the worker takes the tasks of every registered pool. */
  public final boolean everyPool() {
    return pools().equals(List.of("*"));
  }

  /** Names of the pools, each valid, at least one; {@code *} if it is {@link #everyPool}. */
  public final List<String> pools() {
    return getList(POOLS);
  }

  /** Tasks of each pool that may be in hand at once. */
  public final int slots() {
    return getInt(SLOTS);
  }

  /** Whether the slots follow the decisions of scaling. */
  final boolean scaled() {
    return getBoolean(SCALED);
  }

  /** How many threads there are for work that blocks. */
  public final int blockingThreads() {
    return getInt(BLOCKING_THREADS);
  }

  /** How long a stopping worker lets its tasks run on. */
  public final Duration drainTimeout() {
    return Duration.ofMillis(getLong(DRAIN_TIMEOUT_MS));
  }

  /** How long a task waits for the declaration of its target. */
  final Duration targetWait() {
    return Duration.ofMillis(getLong(TARGET_WAIT_MS));
  }

  /** Bytes of a pool's tasks in hand above which no more are taken. */
  final long inFlightBytes() {
    return getLong(IN_FLIGHT_BYTES);
  }
}
