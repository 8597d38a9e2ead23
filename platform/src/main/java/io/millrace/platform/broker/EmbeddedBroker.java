package io.millrace.platform.broker;

import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
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
import org.apache.kafka.common.utils.Time;
import org.apache.kafka.metadata.storage.Formatter;

/**
 * A Kafka broker and its controller inside this JVM, on 127.0.0.1, whose data outlive it.
 *
 * <p>A directory is formatted on first use and never again, so topics, records and offsets survive
 * a restart and a {@code kill -9}. Close every client before the broker: a client that outlives it
 * keeps trying to reconnect.
 */
public final class EmbeddedBroker implements AutoCloseable {

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
    format(directory);
    int port = options.port() == 0 ? freePort() : requireFree(options.port());
    int controllerPort = freePort();
    if (DeadBrokerSession.isLeftIn(directory)) {
      DeadBrokerSession.end(BrokerSettings.controllerOnly(directory, controllerPort));
    }
    Properties settings =
        BrokerSettings.brokerAndController(options, directory, port, controllerPort);
    KafkaRaftServer server = new KafkaRaftServer(new KafkaConfig(settings, false), Time.SYSTEM);
    try {
      server.startup();
    } catch (RuntimeException e) {
      server.shutdown();
      throw new BrokerStartException(
          "The broker on " + directory + " did not start: " + e.getMessage(), e);
    }
    return new EmbeddedBroker(server, port);
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

  private static int requireFree(int port) {
    try (ServerSocket probe = bind(port)) {
      return probe.getLocalPort();
    } catch (IOException e) {
      throw new BrokerStartException(
          "Port "
              + port
              + " on 127.0.0.1 is in use, and the broker needs it."
              + " Stop the program that holds it, give another --port, or --port 0 for any free one.",
          e);
    }
  }

  private static int freePort() {
    try (ServerSocket probe = bind(0)) {
      return probe.getLocalPort();
    } catch (IOException e) {
      throw new BrokerStartException("No port is free on 127.0.0.1: " + e.getMessage(), e);
    }
  }

  private static ServerSocket bind(int port) throws IOException {
    ServerSocket socket = new ServerSocket();
    socket.setReuseAddress(true);
    socket.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), 1);
    return socket;
  }
}
