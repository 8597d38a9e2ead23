package io.millrace.platform.embedded;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.apache.kafka.clients.admin.NewTopic;

/**
 * What the person who starts an {@link EmbeddedPlatform} decides.
 *
 * @param data the data directory; created when absent
 * @param port of the broker, 0 for any free one
 * @param registryPort of the schema registry, 0 for any free one
 * @param httpPort of {@code /metrics}, {@code /livez} and {@code /readyz}, 0 for any free one
 * @param flushBeforeAck whether the broker forces each append to disk before acknowledging it
 * @param topics what must exist before the parts start, beside the platform's own
 * @param startTimeout how long the whole start may take
 */
public record PlatformOptions(
    Path data,
    int port,
    int registryPort,
    int httpPort,
    boolean flushBeforeAck,
    List<NewTopic> topics,
    Duration startTimeout) {

  public PlatformOptions {
    topics = List.copyOf(topics);
  }
}
