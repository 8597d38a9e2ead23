package io.millrace.benchmarks.drill;

import io.millrace.benchmarks.client.Connection;
import io.millrace.benchmarks.process.WorkerProcess;
import io.millrace.platform.cli.CommandException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

/** Two inference workers, of which one after the other is killed and replaced. */
final class ModelWorkers implements AutoCloseable {
  private static final int KILLS = 5;
  private static final int WORKERS = 2;
  private static final int WAIT_MILLIS = 1;
  private static final List<String> JVM = List.of("-XX:+UseSerialGC", "-Xmx512m");

  private final Connection connection;
  private final Path directory;
  private final Consumer<String> progress;
  private final List<WorkerProcess> workers = new ArrayList<>();
  private final List<Long> kills = new ArrayList<>();
  private int started;

  /**
   * Starts them.
   *
   * @param progress gets a line at each kill
   */
  ModelWorkers(Connection connection, Path directory, Consumer<String> progress) {
    this.connection = connection;
    this.directory = directory;
    this.progress = progress;
    for (int i = 0; i < WORKERS; i++) {
      workers.add(start());
    }
  }

  private WorkerProcess start() {
    return WorkerProcess.startModels("worker-" + ++started, connection, directory, JVM, Map.of());
  }

  /** Kills five times while the driver goes through so many requests; blocks. */
  void disturb(InferenceDriver driver, int calls) {
    for (int step = 1; step <= KILLS; step++) {
      int at = (int) ((long) calls * step / (KILLS + 1));
      while (driver.answered() < at && !driver.over()) {
        pause();
      }
      int hit = step % WORKERS;
      workers.get(hit).jvm().kill(() -> kills.add(System.currentTimeMillis()));
      workers.set(hit, start());
      progress.accept("killed after %d answers; it is back".formatted(driver.answered()));
    }
  }

  /** When they were killed, Unix milliseconds. */
  List<Long> kills() {
    return List.copyOf(kills);
  }

  private static void pause() {
    try {
      Thread.sleep(WAIT_MILLIS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw CommandException.failed("interrupted");
    }
  }

  @Override
  public void close() {
    workers.forEach(WorkerProcess::close);
  }
}
