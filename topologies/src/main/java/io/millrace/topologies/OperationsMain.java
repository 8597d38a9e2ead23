package io.millrace.topologies;

import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import io.millrace.schemas.config.Settings;
import io.millrace.schemas.http.AdminServer;
import io.millrace.schemas.http.PortInUseException;
import io.millrace.schemas.http.Readiness;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import org.apache.kafka.common.config.ConfigException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Runs the application {@code operations}, and the ledger beside it, as a process of its own until
 * it is told to stop.
 */
public final class OperationsMain {
  private static final Logger LOG = LoggerFactory.getLogger(OperationsMain.class);
  private static final String USAGE = "Usage: FILE, a file of settings (key=value)";

  private OperationsMain() {}

  /**
   * Ends with code 2 if the settings do not do, with code 1 if the topics are not there or the
   * application fails for good.
   */
  public static void main(String[] args) throws InterruptedException {
    PrometheusMeterRegistry metrics = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
    Map<String, OperationsApplication> applications = new LinkedHashMap<>();
    AdminServer admin;
    try {
      OperationsConfig config = config(args);
      applications.put("operations", new OperationsApplication(config, metrics));
      if (config.ledgerEnabled()) {
        applications.put("ledger", OperationsApplication.ledger(config, metrics));
      }
      admin = AdminServer.start(config.httpPort(), metrics::scrape, () -> readiness(applications));
    } catch (IOException
        | ConfigException
        | IllegalArgumentException
        | PortInUseException refused) {
      System.err.println(refused.getMessage());
      System.exit(2);
      return;
    } catch (IllegalStateException noTopics) {
      System.err.println(noTopics.getMessage());
      System.exit(1);
      return;
    }
    LOG.info("Operations answer on {}", admin.url());
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

  private static Readiness readiness(Map<String, OperationsApplication> applications) {
    List<Readiness.Part> parts = new ArrayList<>();
    applications.forEach(
        (name, application) -> {
          boolean ready = application.ready();
          parts.add(new Readiness.Part(name, ready, ready ? "" : application.state()));
        });
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
