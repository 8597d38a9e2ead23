package io.millrace.platform.broker;

import java.nio.file.Path;

/**
 * What the person who starts an {@link EmbeddedBroker} decides; everything else is in {@link
 * BrokerSettings}.
 *
 * @param directory where the log lies; created when absent, kept across restarts
 * @param port the client port on 127.0.0.1, 0 for any free one
 * @param flushBeforeAck whether each append is forced to disk before it is acknowledged; slower,
 *     and needed only to survive the machine rather than the process
 */
public record BrokerOptions(Path directory, int port, boolean flushBeforeAck) {

  /**
   * @throws IllegalArgumentException when the port is outside 0 to 65535
   */
  public BrokerOptions {
    if (port < 0 || port > 65_535) {
      throw new IllegalArgumentException(
          "The broker's port is " + port + "; give 1 to 65535, or 0 for any free port.");
    }
  }

  /** The defaults: the operating system's page cache is trusted, as Kafka's own default is. */
  public static BrokerOptions of(Path directory, int port) {
    return new BrokerOptions(directory, port, false);
  }
}
