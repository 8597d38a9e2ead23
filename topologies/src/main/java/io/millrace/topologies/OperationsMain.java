package io.millrace.topologies;

import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import io.millrace.schemas.config.Settings;
import io.millrace.schemas.http.AdminServer;
import io.millrace.schemas.http.PortInUseException;
import io.millrace.schemas.http.Readiness;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicReference;
import org.apache.kafka.common.config.ConfigException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Runs the application {@code operations} as its own process until it is told to stop. */
public final class OperationsMain {
  private static final Logger LOG = LoggerFactory.getLogger(OperationsMain.class);
  private static final String USAGE = "Usage: FILE, a file of settings (key=value)";

  private OperationsMain() {}

  /**
   * Ends with code 2 if the settings do not do, with code 1 if the topics are not there or the
   * application fails for good. Brokers or a registry that are away are waited for.
   */
  public static void main(String[] args) throws InterruptedException {
    PrometheusMeterRegistry metrics = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
    AtomicReference<@Nullable OperationsApplication> made = new AtomicReference<>();
    OperationsConfig config;
    AdminServer admin;
    try {
      config = config(args);
      admin = AdminServer.start(config.httpPort(), metrics::scrape, () -> readiness(made.get()));
    } catch (IOException
        | ConfigException
        | IllegalArgumentException
        | PortInUseException refused) {
      System.err.println(refused.getMessage());
      System.exit(2);
      return;
    }
    LOG.info("Operations answer on {}", admin.url());
    OperationsApplication application;
    try {
      application = new OperationsApplication(config, metrics);
    } catch (IllegalStateException noTopics) {
      System.err.println(noTopics.getMessage());
      System.exit(1);
      return;
    }
    made.set(application);
    CountDownLatch stopped = new CountDownLatch(1);
    Runtime.getRuntime()
        .addShutdownHook(
            new Thread(
                () -> {
                  application.close();
                  admin.close();
                  stopped.countDown();
                },
                "operations-shutdown"));
    application.onFailure(stopped::countDown);
    try {
      application.start();
    } catch (RuntimeException e) {
      LOG.error("Operations could not start", e);
      System.exit(1);
    }
    stopped.await();
    if (application.failed()) {
      LOG.error("Operations cannot go on; the log lines before this one say why");
      System.exit(1);
    }
  }

  private static Readiness readiness(@Nullable OperationsApplication application) {
    boolean ready = application != null && application.ready();
    String state = application == null ? "it waits for the brokers" : application.state();
    return new Readiness(List.of(new Readiness.Part("operations", ready, ready ? "" : state)));
  }

  /**
   * Settings from a command line.
   *
   * @throws IllegalArgumentException if it is not one file
   * @throws IOException if the file cannot be read
   * @throws ConfigException naming every problem of the settings
   */
  private static OperationsConfig config(String... args) throws IOException {
    if (args.length != 1) {
      throw new IllegalArgumentException(
          "Expected one argument, got " + args.length + ". " + USAGE);
    }
    return new OperationsConfig(Settings.read(Path.of(args[0])));
  }
}
