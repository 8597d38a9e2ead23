package io.millrace.platform.embedded;

import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.apache.kafka.clients.admin.NewTopic;

/** A platform in a process of its own, so that it can be killed. */
final class PlatformProcess {

  private PlatformProcess() {}

  /** Starts a platform on the directory given and waits to be killed. */
  public static void main(String[] args) throws InterruptedException {
    EmbeddedPlatform.start(
        options(Path.of(args[0])),
        new PrometheusMeterRegistry(PrometheusConfig.DEFAULT),
        List.of());
    Thread.currentThread().join();
  }

  static PlatformOptions options(Path data) {
    return new PlatformOptions(
        data,
        0,
        0,
        0,
        false,
        List.of(new NewTopic("events", Optional.of(4), Optional.empty())),
        Duration.ofSeconds(60));
  }
}
