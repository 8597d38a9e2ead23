package io.millrace.platform.broker;

import java.io.OutputStream;
import java.io.PrintStream;
import java.net.BindException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;
import kafka.server.KafkaConfig;
import kafka.server.KafkaRaftServer;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.utils.Exit;
import org.apache.kafka.common.utils.Time;
import org.apache.kafka.metadata.storage.Formatter;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A Kafka broker and its controller inside this JVM, on 127.0.0.1, whose data outlive it.
 *
 * <p>A directory is formatted on first use and never again, so topics, records and offsets survive
 * a restart and a {@code kill -9}. Close every client before the broker: a client that outlives it
 * keeps trying to reconnect.
 */
public final class EmbeddedBroker implements AutoCloseable {

  private static final Logger LOG = LoggerFactory.getLogger(EmbeddedBroker.class);
  private static final int PORT_ATTEMPTS = 3;

  private final KafkaRaftServer server;
  private final int port;

  private EmbeddedBroker(KafkaRaftServer server, int port) {
    this.server = server;
    this.port = port;
  }

  /**
   * Starts the broker and returns when it takes requests.
   *
   * @throws BrokerStartException when the port is taken, the directory cannot be used or Kafka
   *     refuses to start; the message says what to do
   */
  public static EmbeddedBroker start(BrokerOptions options) {
    Path directory = options.directory().toAbsolutePath();
    Exit.setHaltProcedure(
        (status, message) -> {
          LOG.error(
              "The broker on {} cannot go on, and this process ends ({}). Check that the disk is"
                  + " not full and that the directory is writable; the data stay.",
              directory,
              message == null ? "the lines above say why" : message);
          Runtime.getRuntime().halt(status);
          throw new IllegalStateException("unreachable");
        });
    format(directory);
    for (int attempt = 1; ; attempt++) {
      Ports ports = Ports.choose(options.port());
      try {
        return start(options, directory, ports);
      } catch (BrokerStartException e) {
        // Between choosing a port and binding it, another program may take it.
        if (attempt == PORT_ATTEMPTS || !isPortTaken(e)) {
          throw e;
        }
      }
    }
  }

  private static EmbeddedBroker start(BrokerOptions options, Path directory, Ports ports) {
    if (DeadBrokerSession.isLeftIn(directory)) {
      DeadBrokerSession.end(BrokerSettings.controllerOnly(directory, ports.controller()));
    }
    Properties settings =
        BrokerSettings.brokerAndController(options, directory, ports.client(), ports.controller());
    KafkaRaftServer server = new KafkaRaftServer(new KafkaConfig(settings, false), Time.SYSTEM);
    try {
      server.startup();
    } catch (RuntimeException e) {
      server.shutdown();
      throw new BrokerStartException(
          "The broker on " + directory + " did not start: " + e.getMessage(), e);
    }
    return new EmbeddedBroker(server, ports.client());
  }

  private static boolean isPortTaken(Throwable failure) {
    for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
      if (cause instanceof BindException) {
        return true;
      }
    }
    return false;
  }

  /**
   * The topics that Kafka keeps for itself, as it would create them on first use. Created with all
   * the others, they spare the first group and the first transaction a wait of retries.
   */
  public static List<NewTopic> internalTopics() {
    return List.of(
        internal("__consumer_offsets", Map.of("cleanup.policy", "compact")),
        internal("__transaction_state", Map.of("cleanup.policy", "compact")),
        // Pruned by the share coordinator, never by age.
        internal("__share_group_state", Map.of("cleanup.policy", "delete", "retention.ms", "-1")));
  }

  private static NewTopic internal(String name, Map<String, String> config) {
    Map<String, String> all = new HashMap<>(config);
    all.put("compression.type", name.equals("__transaction_state") ? "uncompressed" : "producer");
    all.put("segment.bytes", BrokerSettings.INTERNAL_SEGMENT_BYTES);
    return new NewTopic(name, Optional.of(1), Optional.empty()).configs(all);
  }

  /** The port clients connect to; never 0. */
  public int port() {
    return port;
  }

  /** What clients take as {@code bootstrap.servers}. */
  public String bootstrapServers() {
    return "127.0.0.1:" + port;
  }

  /** Hands leadership back, writes the clean-shutdown marks and frees the port; waits for it. */
  @Override
  public void close() {
    server.shutdown();
    server.awaitShutdown();
  }

  private static void format(Path directory) {
    if (Files.exists(directory.resolve("meta.properties"))) {
      return;
    }
    try {
      Files.createDirectories(directory);
      new Formatter()
          .setClusterId(Uuid.randomUuid().toString())
          .setNodeId(BrokerSettings.NODE_ID)
          .setControllerListenerName(BrokerSettings.CONTROLLER_LISTENER)
          .addDirectory(directory.toString())
          .setMetadataLogDirectory(directory.toString())
          .setIgnoreFormatted(true)
          .setPrintStream(
              new PrintStream(OutputStream.nullOutputStream(), false, StandardCharsets.UTF_8))
          .run();
    } catch (Exception e) {
      throw new BrokerStartException(
          "The directory "
              + directory
              + " cannot be made a broker's data directory: "
              + e.getMessage()
              + ". Check that it is writable and that the disk is not full.",
          e);
    }
  }
}
