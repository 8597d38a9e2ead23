package io.millrace.gateway;

import static org.apache.kafka.common.config.ConfigDef.Range.between;

import io.millrace.schemas.config.Settings;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.apache.kafka.common.config.ConfigDef;
import org.apache.kafka.common.config.ConfigDef.Importance;
import org.apache.kafka.common.config.ConfigDef.Type;
import org.apache.kafka.common.config.ConfigException;

/** The settings of a gateway. */
public final class GatewayConfig extends Settings {

  /** Address it listens on. */
  public static final String HOST = "gateway.host";

  /** Port it listens on. */
  public static final String PORT = "gateway.port";

  /** Names that clients may address it by. */
  public static final String NAMES = "gateway.names";

  /** Longest body of a request. */
  public static final String REQUEST_BYTES_MAX = "request.bytes.max";

  /** Requests in flight. */
  public static final String REQUESTS_MAX = "requests.max";

  static final String THREADS = "gateway.threads";
  static final String CONNECTIONS_MAX = "connections.max";
  static final String BODIES_BYTES_MAX = "requests.bytes.max";
  static final String REQUEST_TIMEOUT_MS = "request.timeout.ms";
  static final String IDLE_TIMEOUT_MS = "idle.timeout.ms";
  static final String DEADLINE_MS = "deadline.ms";
  static final String DEADLINE_MAX_MS = "deadline.max.ms";
  static final String STREAMS_MAX = "streams.max";
  static final String STREAM_BYTES_MAX = "stream.bytes.max";
  static final String STREAM_STALL_MS = "stream.stall.ms";
  static final String DRAIN_TIMEOUT_MS = "drain.timeout.ms";

  /**
   * Checked settings.
   *
   * @param settings names to values
   * @throws ConfigException with one line that names every setting that is unknown, missing or
   *     wrong
   */
  public GatewayConfig(Map<String, String> settings) {
    super("gateway", definition(), settings);
  }

  /** The keys; a new object at each call. */
  public static ConfigDef definition() {
    ConfigDef definition = Settings.definition();
    doors(definition);
    limits(definition);
    return definition;
  }

  private static void doors(ConfigDef definition) {
    definition
        .define(
            HOST,
            Type.STRING,
            "127.0.0.1",
            Importance.HIGH,
            "Address to listen on. Other than loopback only behind something that knows who"
                + " calls: the gateway asks nobody for a key.")
        .define(
            PORT,
            Type.INT,
            8000,
            between(0, 65_535),
            Importance.HIGH,
            "Port for HTTP/1.1 and HTTP/2 without TLS (h2c); 0: any free one.")
        .define(
            NAMES,
            Type.LIST,
            "",
            Importance.MEDIUM,
            "Names, without port, by which clients may address the gateway (header Host) besides"
                + " localhost and loopback addresses; *: any. Empty on another address than"
                + " loopback: any.")
        .define(
            THREADS,
            Type.INT,
            2,
            between(1, 256),
            Importance.MEDIUM,
            "Threads that serve connections.")
        .define(
            DRAIN_TIMEOUT_MS,
            Type.LONG,
            30_000L,
            between(0, 3_600_000),
            Importance.MEDIUM,
            "How long a stopping gateway lets requests in flight run on, milliseconds.");
  }

  private static void limits(ConfigDef definition) {
    definition
        .define(
            REQUEST_BYTES_MAX,
            Type.INT,
            8 << 20,
            between(1 << 10, 15 << 20),
            Importance.HIGH,
            "Longest body of a request, bytes; longer ones get 413 and a rejection. The topics of"
                + " what is sent have limits of their own.")
        .define(
            REQUESTS_MAX,
            Type.INT,
            1_024,
            between(1, 1_000_000),
            Importance.HIGH,
            "Requests in flight at once; the next gets 503 at once.")
        .define(
            BODIES_BYTES_MAX,
            Type.LONG,
            256L << 20,
            between(1 << 20, 1L << 40),
            Importance.MEDIUM,
            "Bytes of the bodies of all requests in flight; what exceeds them gets 503.")
        .define(
            CONNECTIONS_MAX,
            Type.INT,
            4_096,
            between(1, 1_000_000),
            Importance.MEDIUM,
            "Open connections; the next is closed.")
        .define(
            REQUEST_TIMEOUT_MS,
            Type.LONG,
            30_000L,
            between(10, 3_600_000),
            Importance.MEDIUM,
            "Longest time for a client to send a request's body, and to take its answer,"
                + " milliseconds.")
        .define(
            IDLE_TIMEOUT_MS,
            Type.LONG,
            60_000L,
            between(10, 3_600_000),
            Importance.MEDIUM,
            "A connection with no request in flight for this long after its last one is closed, also"
                + " while the headers of the next trickle in, milliseconds. One that sends nothing at"
                + " all is closed after this and "
                + DEADLINE_MAX_MS
                + ".")
        .define(
            DEADLINE_MS,
            Type.LONG,
            60_000L,
            between(1, 86_400_000),
            Importance.MEDIUM,
            "Deadline of what names none and whose target declares none, milliseconds from the"
                + " request.")
        .define(
            DEADLINE_MAX_MS,
            Type.LONG,
            600_000L,
            between(1, 86_400_000),
            Importance.MEDIUM,
            "Longest deadline that a request may name, milliseconds.")
        .define(
            STREAMS_MAX,
            Type.INT,
            32,
            between(0, 10_000),
            Importance.MEDIUM,
            "Streams of live events at once; each has a consumer and a thread.")
        .define(
            STREAM_BYTES_MAX,
            Type.INT,
            1 << 20,
            between(1 << 10, 1 << 30),
            Importance.LOW,
            "Bytes of events that wait for the reader of one stream.")
        .define(
            STREAM_STALL_MS,
            Type.LONG,
            10_000L,
            between(10, 3_600_000),
            Importance.LOW,
            "A stream whose waiting events have not shrunk below their limit for this long is ended,"
                + " milliseconds.");
  }

  /** Address to listen on. */
  public String host() {
    return getString(HOST);
  }

  /** Port to listen on; 0: any free one. */
  public int port() {
    return getInt(PORT);
  }

  /** Names it may be addressed by besides those of loopback. */
  public List<String> names() {
    return getList(NAMES);
  }

  /** Threads that serve connections. */
  public int threads() {
    return getInt(THREADS);
  }

  /** Open connections at most. */
  public int connectionsMax() {
    return getInt(CONNECTIONS_MAX);
  }

  /** Longest body of a request, bytes. */
  public int requestBytesMax() {
    return getInt(REQUEST_BYTES_MAX);
  }

  /** Requests in flight at most. */
  public int requestsMax() {
    return getInt(REQUESTS_MAX);
  }

  /** Bytes of all bodies in flight at most. */
  public long bodiesBytesMax() {
    return getLong(BODIES_BYTES_MAX);
  }

  /** Longest time to send a body or to take an answer. */
  public Duration requestTimeout() {
    return Duration.ofMillis(getLong(REQUEST_TIMEOUT_MS));
  }

  /** Longest time of a connection without a request. */
  public Duration idleTimeout() {
    return Duration.ofMillis(getLong(IDLE_TIMEOUT_MS));
  }

  /** Deadline of what names none. */
  public Duration deadline() {
    return Duration.ofMillis(getLong(DEADLINE_MS));
  }

  /** Longest deadline that may be named. */
  public Duration deadlineMax() {
    return Duration.ofMillis(getLong(DEADLINE_MAX_MS));
  }

  /** Streams of live events at most. */
  public int streamsMax() {
    return getInt(STREAMS_MAX);
  }

  /** Bytes that may wait for the reader of a stream. */
  public int streamBytesMax() {
    return getInt(STREAM_BYTES_MAX);
  }

  /** How long a stream's reader may lag. */
  public Duration streamStall() {
    return Duration.ofMillis(getLong(STREAM_STALL_MS));
  }

  /** How long requests may run on when the gateway stops. */
  public Duration drainTimeout() {
    return Duration.ofMillis(getLong(DRAIN_TIMEOUT_MS));
  }
}
