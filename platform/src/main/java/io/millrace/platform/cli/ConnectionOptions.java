package io.millrace.platform.cli;

import io.millrace.platform.data.PlatformFile;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/**
 * Options that say which platform a command talks to: one by address, or the one that runs on a
 * data directory.
 */
public final class ConnectionOptions {
  /** Data directory where none is given, below the working directory. */
  static final String DATA_DEFAULT = ".millrace";

  @Option(
      names = "--bootstrap",
      paramLabel = "HOST:PORT",
      description = "The Kafka brokers; without it, the platform that runs on --data.")
  private @Nullable String bootstrap;

  @Option(
      names = "--registry",
      paramLabel = "URL",
      description = "The schema registry; needed with --bootstrap.")
  private @Nullable String registry;

  @Option(
      names = "--data",
      paramLabel = "DIR",
      defaultValue = DATA_DEFAULT,
      description = "Data directory of the platform to talk to (${DEFAULT-VALUE}).")
  private Path data;

  /** The data directory that was given, or the default. */
  Path data() {
    return data;
  }

  /** Whether the platform was named by address. */
  boolean byAddress() {
    return bootstrap != null;
  }

  /**
   * Where the platform is.
   *
   * @throws CommandException if none was named and none runs on the data directory
   */
  Addresses addresses() {
    if (bootstrap != null) {
      return new Addresses(bootstrap, registry, null);
    }
    Optional<PlatformFile> file;
    try {
      file = PlatformFile.read(data);
    } catch (IOException e) {
      throw new CommandException(
          ExitCode.UNREACHABLE,
          "cannot read " + data.resolve("platform.json") + ": " + e.getMessage(),
          e);
    }
    if (file.isEmpty() || !file.get().isRunning()) {
      throw CommandException.unreachable(
          "no platform runs on "
              + data.toAbsolutePath().normalize()
              + "; start one with 'millrace up', name its --data DIR, or give --bootstrap"
              + " HOST:PORT",
          null);
    }
    PlatformFile running = file.get();
    String servers = running.bootstrapServers();
    if (!running.ready() || servers == null) {
      throw CommandException.unreachable(
          "the platform on "
              + data.toAbsolutePath().normalize()
              + " (process "
              + running.pid()
              + ") is still starting; try again in a moment",
          null);
    }
    return new Addresses(
        servers, registry != null ? registry : running.schemaRegistryUrl(), running.httpUrl());
  }

  /**
   * A connection to the platform.
   *
   * @throws CommandException if nothing listens where it should be
   */
  public Cluster connect() {
    Addresses addresses = addresses();
    addresses.requireBroker();
    return new Cluster(addresses);
  }
}
