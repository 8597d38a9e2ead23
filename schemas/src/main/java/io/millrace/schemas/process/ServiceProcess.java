package io.millrace.schemas.process;

import io.millrace.schemas.http.AdminServer;
import io.millrace.schemas.http.PortInUseException;
import io.millrace.schemas.http.Readiness;
import java.io.IOException;
import java.util.concurrent.CountDownLatch;
import java.util.function.Supplier;
import org.apache.kafka.common.config.ConfigException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Runs a service as a process of its own until it is told to stop; it stops in order then. */
public final class ServiceProcess {
  private static final Logger LOG = LoggerFactory.getLogger(ServiceProcess.class);

  private ServiceProcess() {}

  /**
   * A service that is made and not started.
   *
   * @param name short, for the log
   * @param httpPort of metrics and health; 0: any free one
   * @param metrics gives the meters as Prometheus' text format
   * @param readiness asked by several threads; must not block
   * @param start returns at once
   * @param stop stops it in order; returns when it has stopped
   */
  public record Service(
      String name,
      int httpPort,
      Supplier<String> metrics,
      Supplier<Readiness> readiness,
      Runnable start,
      Runnable stop) {}

  /** Makes a service by what the command line says. */
  @FunctionalInterface
  public interface Maker {
    /**
     * Makes it.
     *
     * @throws IOException if a settings file cannot be read
     * @throws ConfigException naming every problem of the settings
     * @throws IllegalArgumentException if an option is unknown or lacks its value
     * @throws IllegalStateException if what it needs is not to be had
     */
    Service make() throws IOException;
  }

  /** Runs it; ends the process with code 2 and one clear line if it cannot be made. */
  public static void run(Maker maker) throws InterruptedException {
    Service service;
    AdminServer admin;
    try {
      service = maker.make();
      admin = AdminServer.start(service.httpPort(), service.metrics(), service.readiness());
    } catch (IOException
        | ConfigException
        | IllegalArgumentException
        | IllegalStateException
        | PortInUseException e) {
      System.err.println(e.getMessage());
      System.exit(2);
      return;
    }
    LOG.info("Metrics and health of the {} are on {}", service.name(), admin.url());
    CountDownLatch stopped = new CountDownLatch(1);
    Runtime.getRuntime()
        .addShutdownHook(
            new Thread(
                () -> {
                  service.stop().run();
                  admin.close();
                  stopped.countDown();
                },
                service.name() + "-shutdown"));
    service.start().run();
    stopped.await();
  }
}
