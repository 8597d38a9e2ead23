package io.millrace.platform.broker;

import com.yammer.metrics.core.Gauge;
import com.yammer.metrics.core.Metric;
import com.yammer.metrics.core.MetricName;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Properties;
import java.util.concurrent.locks.LockSupport;
import kafka.server.KafkaConfig;
import kafka.server.KafkaRaftServer;
import org.apache.kafka.common.utils.Time;
import org.apache.kafka.server.metrics.KafkaYammerMetrics;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Ends the session of a broker that was killed, so that its successor need not wait for it.
 *
 * <p>After {@code kill -9} the metadata log still says that the broker is alive, and the controller
 * refuses its successor until {@code broker.session.timeout.ms} has passed. A short timeout would
 * make that quick and would also fence the running broker whenever the machine stalls. So the
 * controller runs alone for a moment first, with a timeout of {@value #TIMEOUT_MS} ms, and writes
 * down that the old broker is gone.
 */
final class DeadBrokerSession {

  private static final Logger LOG = LoggerFactory.getLogger(DeadBrokerSession.class);

  static final int TIMEOUT_MS = 100;

  private static final Duration PATIENCE = Duration.ofSeconds(2);

  private DeadBrokerSession() {}

  /** Whether the broker on this directory ran and did not stop in order. */
  static boolean isLeftIn(Path directory) {
    return Files.isDirectory(directory.resolve("__cluster_metadata-0"))
        && Files.notExists(directory.resolve(".kafka_cleanshutdown"));
  }

  /** Ends it. When that takes too long, goes on: the successor then waits for the session's end. */
  static void end(Properties controllerSettings) {
    KafkaRaftServer controller =
        new KafkaRaftServer(new KafkaConfig(controllerSettings, false), Time.SYSTEM);
    try {
      controller.startup();
      if (!awaitFenced()) {
        LOG.warn(
            "The controller did not end the killed broker's session within {}; the start waits for it.",
            PATIENCE);
      }
    } finally {
      controller.shutdown();
      controller.awaitShutdown();
    }
  }

  private static boolean awaitFenced() {
    long deadline = System.nanoTime() + PATIENCE.toNanos();
    while (brokers("FencedBrokerCount") < 1 || brokers("ActiveBrokerCount") > 0) {
      if (System.nanoTime() - deadline > 0) {
        return false;
      }
      LockSupport.parkNanos(5_000_000);
    }
    return true;
  }

  private static int brokers(String gauge) {
    for (Map.Entry<MetricName, Metric> metric :
        KafkaYammerMetrics.defaultRegistry().allMetrics().entrySet()) {
      if (metric.getKey().getType().equals("KafkaController")
          && metric.getKey().getName().equals(gauge)
          && metric.getValue() instanceof Gauge<?> g
          && g.value() instanceof Integer count) {
        return count;
      }
    }
    return 0;
  }
}
