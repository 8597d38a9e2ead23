package io.millrace.benchmarks.process;

import io.millrace.benchmarks.client.Connection;
import io.millrace.inference.InferenceWorkerMain;
import io.millrace.toolworker.ToolWorkerMain;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Collectors;

/** A worker in a process of its own. */
public final class WorkerProcess implements AutoCloseable {
  private static final Duration READY = Duration.ofSeconds(60);
  private static final Duration REQUEST = Duration.ofSeconds(5);
  private static final int OK = 200;
  private static final Set<Integer> GIVEN = ConcurrentHashMap.newKeySet();
  private static final String TASKS = "millrace_worker_tasks_total{";

  private final ChildJvm jvm;
  private final HttpClient http =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).connectTimeout(REQUEST).build();
  private final int httpPort;

  private WorkerProcess(ChildJvm jvm, int httpPort) {
    this.jvm = jvm;
    this.httpPort = httpPort;
  }

  /** Starts it and returns when it says that it is ready. */
  public static WorkerProcess start(
      String name,
      Connection connection,
      Path directory,
      List<String> jvmOptions,
      Map<String, String> settings) {
    WorkerProcess started = launch(name, connection, directory, jvmOptions, settings);
    started.awaitReady();
    return started;
  }

  /** Starts one for models and returns when it says that it is ready; they may still load. */
  public static WorkerProcess startModels(
      String name,
      Connection connection,
      Path directory,
      List<String> jvmOptions,
      Map<String, String> settings) {
    WorkerProcess started =
        launch(InferenceWorkerMain.class, name, connection, directory, jvmOptions, settings);
    started.awaitReady();
    return started;
  }

  /**
   * Starts it and returns at once.
   *
   * @param settings further settings of the worker
   */
  public static WorkerProcess launch(
      String name,
      Connection connection,
      Path directory,
      List<String> jvmOptions,
      Map<String, String> settings) {
    return launch(ToolWorkerMain.class, name, connection, directory, jvmOptions, settings);
  }

  private static WorkerProcess launch(
      Class<?> main,
      String name,
      Connection connection,
      Path directory,
      List<String> jvmOptions,
      Map<String, String> settings) {
    int port = freePort();
    Path file = directory.resolve(name + ".properties");
    try {
      Files.writeString(
          file,
          settings.entrySet().stream()
              .map(e -> e.getKey() + "=" + e.getValue() + "\n")
              .collect(Collectors.joining()));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    ChildJvm jvm =
        ChildJvm.start(
            name,
            directory,
            jvmOptions,
            main.getName(),
            List.of(
                "--bootstrap",
                connection.bootstrap(),
                "--registry",
                connection.registry(),
                "--id",
                name,
                "--http-port",
                Integer.toString(port),
                "--config",
                file.toString()));
    return new WorkerProcess(jvm, port);
  }

  /** Returns when it says that it is ready. */
  public void awaitReady() {
    jvm.await("it was ready", READY, this::ready);
  }

  private boolean ready() {
    try {
      return get("/readyz").statusCode() == OK;
    } catch (IOException notYet) {
      return false;
    }
  }

  /**
   * How many tasks it has ended, whatever their outcome.
   *
   * @throws UncheckedIOException if it does not answer
   */
  public long ended() {
    try {
      return total(get("/metrics").body());
    } catch (IOException e) {
      throw new UncheckedIOException("the worker's metrics cannot be read: " + e, e);
    }
  }

  /** Adds up the tasks ended over all outcomes in a text of metrics. */
  static long total(String metrics) {
    return metrics
        .lines()
        .filter(line -> line.startsWith(TASKS))
        .mapToLong(line -> (long) Double.parseDouble(line.substring(line.lastIndexOf(' ') + 1)))
        .sum();
  }

  private HttpResponse<String> get(String path) throws IOException {
    try {
      return http.send(
          HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + httpPort + path))
              .timeout(REQUEST)
              .build(),
          HttpResponse.BodyHandlers.ofString());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new ChildFailedException("interrupted");
    }
  }

  /** One that no worker was given before: a worker binds its port some time after it is drawn. */
  private static int freePort() {
    int port;
    do {
      try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
        port = socket.getLocalPort();
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    } while (!GIVEN.add(port));
    return port;
  }

  /** Its process. */
  public ChildJvm jvm() {
    return jvm;
  }

  @Override
  public void close() {
    jvm.close();
  }
}
