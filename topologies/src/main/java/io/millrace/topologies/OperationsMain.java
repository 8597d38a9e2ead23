package io.millrace.topologies;

import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import io.millrace.schemas.config.Settings;
import io.millrace.schemas.http.AdminServer;
import io.millrace.schemas.http.PortInUseException;
import io.millrace.schemas.http.Readiness;
import io.millrace.schemas.process.ServiceProcess;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.config.ConfigException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Runs the application {@code operations}, and the ledger beside it, as a process of its own until
 * it is told to stop.
 */
public final class OperationsMain {
  private static final Logger LOG = LoggerFactory.getLogger(OperationsMain.class);
  private static final String OPERATIONS = "operations";
  private static final String LEDGER = "ledger";
  private static final String USAGE = "Usage: FILE, a file of settings (key=value)";

  private OperationsMain() {}

  /**
   * Ends with code 2 if the settings do not do, with code 1 if the topics are not there or the
   * application fails for good. Brokers or a registry that are away are waited for.
   */
  public static void main(String[] args) throws InterruptedException {
    PrometheusMeterRegistry metrics = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
    Map<String, OperationsApplication> applications = new ConcurrentHashMap<>();
    OperationsConfig config;
    AdminServer admin;
    try {
      config = config(args);
      boolean ledger = config.ledgerEnabled();
      admin =
          AdminServer.start(
              config.httpPort(), metrics::scrape, () -> readiness(applications, ledger));
    } catch (IOException
        | ConfigException
        | IllegalArgumentException
        | PortInUseException refused) {
      System.err.println(refused.getMessage());
      System.exit(2);
      return;
    }
    LOG.info("Operations answer on {}", admin.url());
    try {
      applications.put(OPERATIONS, new OperationsApplication(config, metrics));
      if (config.ledgerEnabled()) {
        applications.put(LEDGER, OperationsApplication.ledger(config, metrics));
      }
    } catch (IllegalStateException | KafkaException e) {
      System.err.println(ServiceProcess.said(e));
      System.exit(1);
      return;
    }
    CountDownLatch stopped = new CountDownLatch(1);
    Runtime.getRuntime()
        .addShutdownHook(
            new Thread(
                () -> {
                  applications.values().forEach(OperationsApplication::close);
                  admin.close();
                  stopped.countDown();
                },
                "operations-shutdown"));
    applications.values().forEach(application -> application.onFailure(stopped::countDown));
    try {
      applications.values().forEach(OperationsApplication::start);
    } catch (RuntimeException e) {
      LOG.error("Operations could not start", e);
      System.exit(1);
    }
    stopped.await();
    if (applications.values().stream().anyMatch(OperationsApplication::failed)) {
      LOG.error("Operations cannot go on; the log lines before this one say why");
      System.exit(1);
    }
  }

  private static Readiness readiness(
      Map<String, OperationsApplication> applications, boolean ledger) {
    List<Readiness.Part> parts = new ArrayList<>();
    for (String name : ledger ? List.of(OPERATIONS, LEDGER) : List.of(OPERATIONS)) {
      OperationsApplication application = applications.get(name);
      boolean ready = application != null && application.ready();
      String state = application == null ? "it waits for the brokers" : application.state();
      parts.add(new Readiness.Part(name, ready, ready ? "" : state));
    }
    return new Readiness(parts);
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
