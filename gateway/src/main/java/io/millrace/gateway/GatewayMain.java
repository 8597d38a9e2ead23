package io.millrace.gateway;

import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import io.millrace.schemas.config.Settings;
import io.millrace.schemas.http.AdminServer;
import io.millrace.schemas.http.PortInUseException;
import java.io.IOException;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import org.apache.kafka.common.config.ConfigException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Runs a gateway as its own process until it is told to stop; it drains then. */
public final class GatewayMain {

  private static final Logger LOG = LoggerFactory.getLogger(GatewayMain.class);

  private static final Map<String, String> OPTIONS =
      Map.of(
          "--bootstrap", GatewayConfig.BOOTSTRAP_SERVERS,
          "--registry", GatewayConfig.SCHEMA_REGISTRY_URL,
          "--host", GatewayConfig.HOST,
          "--port", GatewayConfig.PORT,
          "--http-port", GatewayConfig.HTTP_PORT);

  private static final String USAGE =
      "Usage: --bootstrap HOST:PORT --registry URL [--host ADDRESS] [--port PORT]"
          + " [--http-port PORT] [--config FILE]";

  private GatewayMain() {}

  /** Ends with code 2 if the options or settings do not do. */
  public static void main(String[] args) throws InterruptedException {
    PrometheusMeterRegistry metrics = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
    Gateway gateway;
    AdminServer admin;
    try {
      GatewayConfig config = new GatewayConfig(settings(args));
      Gateway started = Gateway.start(config, metrics);
      gateway = started;
      admin = AdminServer.start(config.httpPort(), metrics::scrape, started::readiness);
    } catch (IOException
        | ConfigException
        | IllegalArgumentException
        | IllegalStateException
        | PortInUseException e) {
      System.err.println(e.getMessage());
      System.exit(2);
      return;
    }
    LOG.info("Metrics and health are on {}", admin.url());
    CountDownLatch stopped = new CountDownLatch(1);
    Runtime.getRuntime()
        .addShutdownHook(
            new Thread(
                () -> {
                  gateway.close();
                  admin.close();
                  stopped.countDown();
                },
                "gateway-shutdown"));
    stopped.await();
  }

  /**
   * Settings from a command line; options win over the file.
   *
   * @throws IllegalArgumentException if an option is unknown or lacks its value
   * @throws IOException if the file cannot be read
   */
  static Map<String, String> settings(String... args) throws IOException {
    return Settings.read(OPTIONS, USAGE, args);
  }
}
