package io.millrace.platform.registry;

import io.millrace.schemas.http.LoopbackHttpServer;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import org.apache.kafka.clients.admin.NewTopic;

/**
 * A schema registry with Confluent's REST interface on 127.0.0.1, for Avro.
 *
 * <p>Schemas, ids, versions and settings live in the topic {@value #TOPIC}; the server itself holds
 * nothing that it cannot read there again. A write is answered once it is in the log.
 */
public final class SchemaRegistryServer implements AutoCloseable {

  /** Where the schemas are kept. */
  public static final String TOPIC = "_schemas";

  private static final Duration TIMEOUT = Duration.ofSeconds(10);

  private final SchemaLog log;
  private final LoopbackHttpServer http;

  private SchemaRegistryServer(SchemaLog log, LoopbackHttpServer http) {
    this.log = log;
    this.http = http;
  }

  /** The topic to provide before the start: one partition, compacted at once. */
  public static NewTopic topic() {
    return new NewTopic(TOPIC, Optional.of(1), Optional.empty())
        .configs(Map.of("cleanup.policy", "compact", "max.message.bytes", "4194304"));
  }

  /**
   * Reads the schema topic, then serves.
   *
   * @param port 1 to 65535, or 0 for any free one
   * @throws io.millrace.schemas.http.PortInUseException when another program holds the port
   * @throws org.apache.kafka.common.KafkaException when the topic cannot be read
   */
  public static SchemaRegistryServer start(String bootstrapServers, int port) {
    SubjectStore store = new SubjectStore();
    SchemaLog log = new SchemaLog(bootstrapServers, TOPIC, store, TIMEOUT);
    try {
      log.open();
      RegistryRoutes routes = new RegistryRoutes(store, log::append);
      LoopbackHttpServer http =
          LoopbackHttpServer.start("schema registry", port, new RegistryHandler(routes));
      return new SchemaRegistryServer(log, http);
    } catch (RuntimeException e) {
      log.close();
      throw e;
    }
  }

  /** The bound port; never 0. */
  public int port() {
    return http.port();
  }

  /** What clients take as {@code schema.registry.url}. */
  public String url() {
    return http.url();
  }

  @Override
  public void close() {
    http.close();
    log.close();
  }
}
