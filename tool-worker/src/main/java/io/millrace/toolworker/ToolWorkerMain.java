package io.millrace.toolworker;

import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import io.millrace.schemas.config.Settings;
import io.millrace.schemas.http.Readiness;
import io.millrace.schemas.process.ServiceProcess;
import io.millrace.worker.runtime.WorkerConfig;
import java.io.IOException;
import java.util.List;
import java.util.Map;

/** Runs a tool worker as its own process until it is told to stop; it drains then. */
public final class ToolWorkerMain {

  private static final Map<String, String> OPTIONS =
      Map.of(
          "--bootstrap", WorkerConfig.BOOTSTRAP_SERVERS,
          "--registry", WorkerConfig.SCHEMA_REGISTRY_URL,
          "--pools", WorkerConfig.POOLS,
          "--slots", WorkerConfig.SLOTS,
          "--id", WorkerConfig.WORKER_ID,
          "--http-port", ToolWorkerConfig.HTTP_PORT);

  private static final String USAGE =
      "Usage: --bootstrap HOST:PORT --registry URL [--pools A,B] [--slots N] [--id NAME]"
          + " [--http-port PORT] [--config FILE]";

  private ToolWorkerMain() {}

  /** Ends with code 2 if the options or settings do not do. */
  public static void main(String[] args) throws InterruptedException {
    ServiceProcess.run(
        () -> {
          ToolWorkerConfig config = new ToolWorkerConfig(settings(args));
          PrometheusMeterRegistry metrics = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
          ToolWorker worker = new ToolWorker(config, metrics);
          return new ServiceProcess.Service(
              "worker",
              config.httpPort(),
              metrics::scrape,
              () -> readiness(worker),
              worker::start,
              worker::close);
        });
  }

  private static Readiness readiness(ToolWorker worker) {
    boolean ready = worker.ready().isDone() && !worker.ready().isCompletedExceptionally();
    return new Readiness(
        List.of(
            new Readiness.Part(
                "worker", ready, ready ? "" : "it waits for brokers, topics or the registry")));
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
