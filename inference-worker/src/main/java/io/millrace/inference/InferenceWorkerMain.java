package io.millrace.inference;

import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import io.millrace.schemas.config.Settings;
import io.millrace.schemas.http.AdminServer;
import io.millrace.schemas.http.PortInUseException;
import io.millrace.schemas.http.Readiness;
import io.millrace.worker.runtime.WorkerConfig;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import org.apache.kafka.common.config.ConfigException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Runs an inference worker as its own process until it is told to stop; it drains then. */
public final class InferenceWorkerMain {

  private static final Logger LOG = LoggerFactory.getLogger(InferenceWorkerMain.class);

  private static final Map<String, String> OPTIONS =
      Map.of(
          "--bootstrap", WorkerConfig.BOOTSTRAP_SERVERS,
          "--registry", WorkerConfig.SCHEMA_REGISTRY_URL,
          "--pools", WorkerConfig.POOLS,
          "--slots", WorkerConfig.SLOTS,
          "--id", WorkerConfig.WORKER_ID,
          "--device", InferenceWorkerConfig.DEVICE,
          "--http-port", InferenceWorkerConfig.HTTP_PORT);

  private static final String USAGE =
      "Usage: --bootstrap HOST:PORT --registry URL [--pools A,B] [--slots N] [--id NAME]"
          + " [--device auto|cpu|cuda] [--http-port PORT] [--config FILE]";

  private InferenceWorkerMain() {}

  /** Ends with code 2 if the options or settings do not do. */
  public static void main(String[] args) throws InterruptedException {
    InferenceWorkerConfig config;
    try {
      config = new InferenceWorkerConfig(settings(args));
    } catch (IOException | ConfigException | IllegalArgumentException e) {
      System.err.println(e.getMessage());
      System.exit(2);
      return;
    }
    PrometheusMeterRegistry metrics = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
    InferenceWorker worker = new InferenceWorker(config, metrics);
    AdminServer admin;
    try {
      admin = AdminServer.start(config.httpPort(), metrics::scrape, () -> readiness(worker));
    } catch (PortInUseException e) {
      System.err.println(e.getMessage());
      System.exit(2);
      return;
    }
    LOG.info("Worker {} answers on {}", worker.id(), admin.url());
    CountDownLatch stopped = new CountDownLatch(1);
    Runtime.getRuntime()
        .addShutdownHook(
            new Thread(
                () -> {
                  worker.close();
                  admin.close();
                  stopped.countDown();
                },
                "worker-shutdown"));
    worker.start();
    stopped.await();
  }

  private static Readiness readiness(InferenceWorker worker) {
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
