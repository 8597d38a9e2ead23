package io.millrace.gateway;

import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import io.millrace.schemas.config.Settings;
import io.millrace.schemas.process.ServiceProcess;
import java.io.IOException;
import java.util.Map;

/** Runs a gateway as its own process until it is told to stop; it drains then. */
public final class GatewayMain {

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
    ServiceProcess.run(
        () -> {
          GatewayConfig config = new GatewayConfig(settings(args));
          PrometheusMeterRegistry metrics = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
          Gateway gateway = Gateway.start(config, metrics);
          return new ServiceProcess.Service(
              "gateway",
              config.httpPort(),
              metrics::scrape,
              gateway::readiness,
              () -> {},
              gateway::close);
        });
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
