package io.millrace.topologies;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.IOException;
import java.io.Reader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.Properties;
import java.util.concurrent.CountDownLatch;
import org.apache.kafka.common.config.ConfigException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Runs the application {@code operations} as its own process until it is told to stop. */
public final class OperationsMain {
  private static final Logger LOG = LoggerFactory.getLogger(OperationsMain.class);
  private static final String USAGE = "Usage: FILE, a file of settings (key=value)";

  private OperationsMain() {}

  /** Ends with code 2 if the settings do not do. */
  public static void main(String[] args) throws InterruptedException {
    OperationsConfig config;
    try {
      config = new OperationsConfig(settings(args));
    } catch (IOException | ConfigException | IllegalArgumentException e) {
      System.err.println(e.getMessage());
      System.exit(2);
      return;
    }
    OperationsApplication application =
        new OperationsApplication(config, new SimpleMeterRegistry());
    CountDownLatch stopped = new CountDownLatch(1);
    Runtime.getRuntime()
        .addShutdownHook(
            new Thread(
                () -> {
                  application.close();
                  stopped.countDown();
                },
                "operations-shutdown"));
    application.start();
    LOG.info("Operations started");
    stopped.await();
  }

  /**
   * Settings from a command line.
   *
   * @throws IllegalArgumentException if it is not one file
   * @throws IOException if the file cannot be read
   */
  static Map<String, String> settings(String... args) throws IOException {
    if (args.length != 1) {
      throw new IllegalArgumentException(
          "Expected one argument, got " + args.length + ". " + USAGE);
    }
    Properties properties = new Properties();
    try (Reader reader = Files.newBufferedReader(Path.of(args[0]))) {
      properties.load(reader);
    } catch (IOException e) {
      throw new IOException("The settings file '" + args[0] + "' cannot be read: " + e, e);
    }
    Map<String, String> settings = new HashMap<>();
    properties.stringPropertyNames().forEach(n -> settings.put(n, properties.getProperty(n)));
    return settings;
  }
}
