package io.millrace.benchmarks.drill;

import io.millrace.benchmarks.client.Connection;
import io.millrace.benchmarks.process.PlatformProcess;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/** Kills one of two workers and starts another. */
final class WorkerKill implements Scenario {
  private static final int WORKERS = 2;

  private final Machinery machinery;
  private final PlatformProcess platform;
  private final List<Machinery.Named> workers = new ArrayList<>();

  WorkerKill(Machinery machinery) {
    this.machinery = machinery;
    this.platform = machinery.platform("operations");
    for (int i = 0; i < WORKERS; i++) {
      workers.add(machinery.worker(platform.connection()));
    }
    workers.forEach(worker -> worker.process().awaitReady());
  }

  @Override
  public Connection connection() {
    return platform.connection();
  }

  @Override
  public List<String> workers() {
    return workers.stream().map(Machinery.Named::name).toList();
  }

  @Override
  public void kill(String name, Consumer<String> killed) {
    for (int i = 0; i < workers.size(); i++) {
      if (workers.get(i).name().equals(name)) {
        workers.get(i).process().jvm().kill(() -> killed.accept(name));
        workers.set(i, machinery.worker(platform.connection()));
        workers.get(i).process().awaitReady();
      }
    }
  }

  @Override
  public void close() {
    workers.forEach(worker -> worker.process().close());
    platform.close();
  }
}
