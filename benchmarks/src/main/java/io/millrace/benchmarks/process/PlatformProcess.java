package io.millrace.benchmarks.process;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.millrace.benchmarks.client.Connection;
import io.millrace.platform.cli.Millrace;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** A platform in a process of its own, as {@code millrace up} starts it. */
public final class PlatformProcess implements AutoCloseable {
  private static final Duration READY = Duration.ofSeconds(90);
  private static final ObjectMapper JSON = new ObjectMapper();

  private final ChildJvm jvm;
  private final Path announcement;
  private Options options;

  /**
   * How a platform is started.
   *
   * @param directory for its data and its log
   * @param parts value of {@code --parts}
   * @param jvmOptions such as {@code -Xmx1g}
   * @param flush whether the broker forces each append to disk
   * @param port of the broker; 0: any free one
   * @param registryPort 0: any free one
   * @param httpPort 0: any free one
   */
  public record Options(
      Path directory,
      String parts,
      List<String> jvmOptions,
      boolean flush,
      int port,
      int registryPort,
      int httpPort) {

    /** On any free ports. */
    public Options(Path directory, String parts, List<String> jvmOptions, boolean flush) {
      this(directory, parts, jvmOptions, flush, 0, 0, 0);
    }
  }

  private PlatformProcess(ChildJvm jvm, Options options, Path announcement) {
    this.jvm = jvm;
    this.options = options;
    this.announcement = announcement;
  }

  /** Starts it and returns when it says that it is ready. */
  public static PlatformProcess start(Options options) {
    PlatformProcess started = launch(options);
    started.awaitReady();
    return started;
  }

  /** Starts it and returns at once. */
  public static PlatformProcess launch(Options options) {
    Path announcement = options.directory.resolve("platform.json");
    try {
      Files.deleteIfExists(announcement);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    List<String> args =
        new ArrayList<>(
            List.of(
                "up",
                "--data",
                options.directory.resolve("data").toString(),
                "--port",
                Integer.toString(options.port),
                "--registry-port",
                Integer.toString(options.registryPort),
                "--http-port",
                Integer.toString(options.httpPort),
                "--parts",
                options.parts,
                "--json",
                announcement.toString()));
    if (options.flush) {
      args.add("--flush-before-ack");
    }
    ChildJvm jvm =
        ChildJvm.start(
            "platform", options.directory, options.jvmOptions, Millrace.class.getName(), args);
    return new PlatformProcess(jvm, options, announcement);
  }

  /** Returns when it says that it is ready. */
  public void awaitReady() {
    jvm.await("it was ready", READY, () -> !said("bootstrap").isEmpty());
    options =
        new Options(
            options.directory,
            options.parts,
            options.jvmOptions,
            options.flush,
            port(said("bootstrap")),
            URI.create(said("registry")).getPort(),
            URI.create(said("http")).getPort());
  }

  /** The options with which it can be started again: on the same data and ports. */
  public Options again() {
    return options;
  }

  /** How clients reach it. */
  public Connection connection() {
    return new Connection("127.0.0.1:" + options.port, "http://127.0.0.1:" + options.registryPort);
  }

  /** Its process. */
  public ChildJvm jvm() {
    return jvm;
  }

  private String said(String field) {
    try {
      if (!Files.exists(announcement)) {
        return "";
      }
      JsonNode document = JSON.readTree(Files.readString(announcement));
      return document == null ? "" : document.path(field).asText();
    } catch (IOException halfWritten) {
      return "";
    }
  }

  private static int port(String hostAndPort) {
    return Integer.parseInt(hostAndPort.substring(hostAndPort.lastIndexOf(':') + 1));
  }

  @Override
  public void close() {
    jvm.close();
  }
}
