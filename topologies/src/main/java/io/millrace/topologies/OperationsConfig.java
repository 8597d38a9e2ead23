package io.millrace.topologies;

import io.millrace.schemas.config.Settings;
import io.millrace.topologies.dispatch.logic.CachePolicy;
import io.millrace.topologies.dispatch.logic.DispatchPolicy;
import java.time.Duration;
import java.util.Map;
import org.apache.kafka.common.config.ConfigDef;

/** Settings of the application {@code operations}: request path, plans and health. */
public final class OperationsConfig extends Settings {
  /** Where state stores lie. */
  public static final String STATE_DIR = "state.dir";

  /** Consumer group and prefix of the internal topics. */
  public static final String APPLICATION_ID = "application.id";

  /** Stream threads. */
  public static final String THREADS = "num.stream.threads";

  /** Whether the ledger runs beside operations. */
  public static final String LEDGER_ENABLED = "ledger.enabled";

  private static final String LEDGER_APPLICATION_ID = "ledger.application.id";
  private static final String GROUP_PROTOCOL = "group.protocol";
  private static final String STANDBYS = "num.standby.replicas";

  /** Name of the instance, by which it takes up its tasks again at once after a restart. */
  public static final String GROUP_INSTANCE_ID = "group.instance.id";

  private static final String COMMIT_MS = "commit.interval.ms";
  private static final String SESSION_TIMEOUT_MS = "session.timeout.ms";
  private static final String RECORD_CACHE_BYTES = "record.cache.bytes";
  private static final String BLOCK_CACHE_BYTES = "rocksdb.block.cache.bytes";
  private static final String WRITE_BUFFER_BYTES = "rocksdb.write.buffer.bytes";
  private static final String SCALING_BUDGET_MICROS = "scaling.budget.micros.per.hour";
  private static final String DEDUPE_WINDOW_MS = "dispatch.dedupe.window.ms";
  private static final String CLOCK_SKEW_MS = "dispatch.clock.skew.ms";
  private static final String UNKNOWN_TARGET_WAIT_MS = "dispatch.unknown.target.wait.ms";
  private static final String SILENCE_MS = "dispatch.worker.silence.ms";
  private static final String RESTORE_GRACE_MS = "dispatch.restore.grace.ms";
  private static final String WAITERS_MAX = "dispatch.waiters.max";
  private static final String FLIGHTS_MAX = "dispatch.flights.max";
  private static final String FLIGHT_BYTES_MAX = "dispatch.flight.bytes.max";
  private static final String CACHE_ENTRIES_MAX = "dispatch.cache.entries.max";
  private static final String CACHE_BYTES_MAX = "dispatch.cache.bytes.max";
  private static final String CACHE_HEAP_BYTES_MAX = "dispatch.cache.heap.bytes.max";
  private static final String CACHE_TENANT_BYTES_MAX = "dispatch.cache.tenant.bytes.max";
  private static final String CACHE_COMPRESS_BYTES_MIN = "dispatch.cache.compress.bytes.min";
  private static final String RETRY_RATIO = "dispatch.retry.budget.ratio";
  private static final String RETRIES_PER_SECOND = "dispatch.retry.budget.per.second";
  private static final String RETRIES_SAVED = "dispatch.retry.budget.saved.max";

  private static final DispatchPolicy DEFAULTS = DispatchPolicy.defaults();

  /** The keys with type, default, range, unit and meaning. */
  public static final ConfigDef DEFINITION =
      Settings.definition()
          .define(
              STATE_DIR,
              ConfigDef.Type.STRING,
              ConfigDef.NO_DEFAULT_VALUE,
              ConfigDef.Importance.HIGH,
              "Directory of the state stores; survives restarts.")
          .define(
              APPLICATION_ID,
              ConfigDef.Type.STRING,
              "operations",
              ConfigDef.Importance.MEDIUM,
              "Consumer group and prefix of the internal topics.")
          .define(
              LEDGER_ENABLED,
              ConfigDef.Type.BOOLEAN,
              true,
              ConfigDef.Importance.MEDIUM,
              "Whether this process runs the application ledger as well: usage, exactly once.")
          .define(
              LEDGER_APPLICATION_ID,
              ConfigDef.Type.STRING,
              "ledger",
              ConfigDef.Importance.LOW,
              "Consumer group of the ledger and prefix of its internal topics.")
          .define(
              THREADS,
              ConfigDef.Type.INT,
              1,
              ConfigDef.Range.between(1, 64),
              ConfigDef.Importance.MEDIUM,
              "Stream threads of this instance.")
          .define(
              GROUP_PROTOCOL,
              ConfigDef.Type.STRING,
              "classic",
              ConfigDef.ValidString.in("classic", "streams"),
              ConfigDef.Importance.LOW,
              "Group protocol: classic (standbys, warm-ups, static membership) or streams"
                  + " (KIP-1071).")
          .define(
              STANDBYS,
              ConfigDef.Type.INT,
              0,
              ConfigDef.Range.between(0, 10),
              ConfigDef.Importance.MEDIUM,
              "Standby copies of each store on other instances.")
          .define(
              GROUP_INSTANCE_ID,
              ConfigDef.Type.STRING,
              "",
              ConfigDef.Importance.LOW,
              "Name of this instance for static membership; empty: none.")
          .define(
              COMMIT_MS,
              ConfigDef.Type.LONG,
              1_000L,
              ConfigDef.Range.between(10, 60_000),
              ConfigDef.Importance.LOW,
              "How often offsets are committed, milliseconds.")
          .define(
              SESSION_TIMEOUT_MS,
              ConfigDef.Type.INT,
              6_000,
              ConfigDef.Range.between(1_000, 600_000),
              ConfigDef.Importance.LOW,
              "After how long without heartbeat an instance is given up, milliseconds.")
          .define(
              RECORD_CACHE_BYTES,
              ConfigDef.Type.LONG,
              16L << 20,
              ConfigDef.Range.between(0, 1L << 40),
              ConfigDef.Importance.LOW,
              "Record cache of health and sums of usage, bytes; the request path has none.")
          .define(
              BLOCK_CACHE_BYTES,
              ConfigDef.Type.LONG,
              64L << 20,
              ConfigDef.Range.between(1 << 20, 1L << 40),
              ConfigDef.Importance.LOW,
              "RocksDB block cache shared by all stores of the process, bytes.")
          .define(
              WRITE_BUFFER_BYTES,
              ConfigDef.Type.LONG,
              32L << 20,
              ConfigDef.Range.between(1 << 20, 1L << 40),
              ConfigDef.Importance.LOW,
              "RocksDB write buffers of all stores of the process together, bytes.")
          .define(
              DEDUPE_WINDOW_MS,
              ConfigDef.Type.LONG,
              DEFAULTS.dedupeWindow().toMillis(),
              ConfigDef.Range.between(1_000, 86_400_000),
              ConfigDef.Importance.MEDIUM,
              "How long the answer to an operation id is given again, milliseconds; operation ids"
                  + " made longer ago are refused.")
          .define(
              CLOCK_SKEW_MS,
              ConfigDef.Type.LONG,
              DEFAULTS.clockSkew().toMillis(),
              ConfigDef.Range.between(0, 3_600_000),
              ConfigDef.Importance.LOW,
              "How far in the future an operation id's time may lie, milliseconds.")
          .define(
              UNKNOWN_TARGET_WAIT_MS,
              ConfigDef.Type.LONG,
              DEFAULTS.unknownTargetWait().toMillis(),
              ConfigDef.Range.between(0, 60_000),
              ConfigDef.Importance.LOW,
              "How long a call for an unknown target waits for it, milliseconds.")
          .define(
              SILENCE_MS,
              ConfigDef.Type.LONG,
              DEFAULTS.silence().toMillis(),
              ConfigDef.Range.between(2_500, 600_000),
              ConfigDef.Importance.MEDIUM,
              "After how long without a beat a running task is lost, milliseconds; workers beat"
                  + " once a second, and begin what they claimed within two.")
          .define(
              RESTORE_GRACE_MS,
              ConfigDef.Type.LONG,
              DEFAULTS.restoreGrace().toMillis(),
              ConfigDef.Range.between(0, 600_000),
              ConfigDef.Importance.LOW,
              "How much longer a claimed task may be silent after dispatch itself was away,"
                  + " milliseconds.")
          .define(
              WAITERS_MAX,
              ConfigDef.Type.INT,
              DEFAULTS.waitersMax(),
              ConfigDef.Range.between(0, 100_000),
              ConfigDef.Importance.LOW,
              "Most operations that join one flight.")
          .define(
              FLIGHTS_MAX,
              ConfigDef.Type.INT,
              DEFAULTS.flightsMax(),
              ConfigDef.Range.between(1, 10_000_000),
              ConfigDef.Importance.MEDIUM,
              "Most flights of one partition; more are refused.")
          .define(
              FLIGHT_BYTES_MAX,
              ConfigDef.Type.LONG,
              DEFAULTS.flightBytesMax(),
              ConfigDef.Range.between(1 << 20, 1L << 40),
              ConfigDef.Importance.MEDIUM,
              "Most bytes of arguments in flight in one partition, a character counted as one; more"
                  + " are refused.")
          .define(
              CACHE_ENTRIES_MAX,
              ConfigDef.Type.INT,
              DEFAULTS.cache().entriesMax(),
              ConfigDef.Range.between(0, 100_000_000),
              ConfigDef.Importance.MEDIUM,
              "Most answers cached in one partition; each takes at least its share of the bytes.")
          .define(
              CACHE_BYTES_MAX,
              ConfigDef.Type.LONG,
              DEFAULTS.cache().bytesMax(),
              ConfigDef.Range.between(0, 1L << 40),
              ConfigDef.Importance.MEDIUM,
              "Most bytes of answers cached in the store of one partition.")
          .define(
              CACHE_HEAP_BYTES_MAX,
              ConfigDef.Type.LONG,
              DEFAULTS.cache().heapBytesMax(),
              ConfigDef.Range.between(0, 1L << 40),
              ConfigDef.Importance.MEDIUM,
              "Most bytes of those kept ready on the heap by one partition, a character counted as"
                  + " one and an entry as 512 more.")
          .define(
              CACHE_TENANT_BYTES_MAX,
              ConfigDef.Type.LONG,
              DEFAULTS.cache().tenantBytesMax(),
              ConfigDef.Range.between(0, 1L << 40),
              ConfigDef.Importance.MEDIUM,
              "Most bytes of answers cached in the store of one partition for one tenant.")
          .define(
              CACHE_COMPRESS_BYTES_MIN,
              ConfigDef.Type.INT,
              DEFAULTS.cache().compressBytesMin(),
              ConfigDef.Range.between(64, Integer.MAX_VALUE),
              ConfigDef.Importance.LOW,
              "From how many characters on a cached output is stored compressed (Zstandard).")
          .define(
              RETRY_RATIO,
              ConfigDef.Type.DOUBLE,
              DEFAULTS.retryRatio(),
              ConfigDef.Range.between(0, 1),
              ConfigDef.Importance.MEDIUM,
              "Retries earned by one call of a target that names no ratio, 0 to 1.")
          .define(
              RETRIES_PER_SECOND,
              ConfigDef.Type.DOUBLE,
              DEFAULTS.retriesPerSecond(),
              ConfigDef.Range.between(0, 1_000_000),
              ConfigDef.Importance.LOW,
              "Retries earned by a second; per target and for all of a partition.")
          .define(
              RETRIES_SAVED,
              ConfigDef.Type.DOUBLE,
              DEFAULTS.retriesSaved(),
              ConfigDef.Range.between(0, 1_000_000),
              ConfigDef.Importance.LOW,
              "Most retries that can be saved up; per target and for all of a partition.")
          .define(
              SCALING_BUDGET_MICROS,
              ConfigDef.Type.LONG,
              0L,
              ConfigDef.Range.between(0, 1_000_000_000_000_000L),
              ConfigDef.Importance.MEDIUM,
              "What the replicas of all pools may cost an hour, millionths of the billing currency;"
                  + " 0: no limit.");

  /**
   * Checks the settings.
   *
   * @throws org.apache.kafka.common.config.ConfigException naming every problem
   */
  public OperationsConfig(Map<String, ?> given) {
    super("operations", DEFINITION, given);
  }

  DispatchPolicy dispatchPolicy() {
    return new DispatchPolicy(
        Duration.ofMillis(getLong(DEDUPE_WINDOW_MS)),
        Duration.ofMillis(getLong(CLOCK_SKEW_MS)),
        Duration.ofMillis(getLong(UNKNOWN_TARGET_WAIT_MS)),
        Duration.ofMillis(getLong(SILENCE_MS)),
        Duration.ofMillis(getLong(RESTORE_GRACE_MS)),
        getInt(WAITERS_MAX),
        getInt(FLIGHTS_MAX),
        getLong(FLIGHT_BYTES_MAX),
        new CachePolicy(
            getInt(CACHE_ENTRIES_MAX),
            getLong(CACHE_BYTES_MAX),
            getLong(CACHE_HEAP_BYTES_MAX),
            getLong(CACHE_TENANT_BYTES_MAX),
            getInt(CACHE_COMPRESS_BYTES_MIN)),
        getDouble(RETRY_RATIO),
        getDouble(RETRIES_PER_SECOND),
        getDouble(RETRIES_SAVED));
  }

  String stateDir() {
    return getString(STATE_DIR);
  }

  String applicationId() {
    return getString(APPLICATION_ID);
  }

  /** Whether the ledger runs beside operations. */
  public boolean ledgerEnabled() {
    return getBoolean(LEDGER_ENABLED);
  }

  String ledgerApplicationId() {
    return getString(LEDGER_APPLICATION_ID);
  }

  int threads() {
    return getInt(THREADS);
  }

  String groupProtocol() {
    return getString(GROUP_PROTOCOL);
  }

  int standbys() {
    return getInt(STANDBYS);
  }

  String groupInstanceId() {
    return getString(GROUP_INSTANCE_ID);
  }

  long commitMillis() {
    return getLong(COMMIT_MS);
  }

  int sessionTimeoutMillis() {
    return getInt(SESSION_TIMEOUT_MS);
  }

  long recordCacheBytes() {
    return getLong(RECORD_CACHE_BYTES);
  }

  long blockCacheBytes() {
    return getLong(BLOCK_CACHE_BYTES);
  }

  long scalingBudgetMicros() {
    return getLong(SCALING_BUDGET_MICROS);
  }

  long writeBufferBytes() {
    return getLong(WRITE_BUFFER_BYTES);
  }
}
