package io.millrace.benchmarks.drill;

import io.millrace.benchmarks.client.Connection;
import io.millrace.benchmarks.process.PlatformProcess;
import java.util.List;
import java.util.function.Consumer;

/** Kills the platform, broker included, and starts it on the same data and ports. */
final class PlatformKill implements Scenario {
  private final Machinery.Named worker;
  private PlatformProcess platform;

  PlatformKill(Machinery machinery) {
    this.platform = machinery.platform("operations");
    this.worker = machinery.worker(platform.connection());
    worker.process().awaitReady();
  }

  @Override
  public Connection connection() {
    return platform.connection();
  }

  @Override
  public List<String> workers() {
    return List.of(worker.name());
  }

  @Override
  public void kill(String name, Consumer<String> killed) {
    PlatformProcess.Options again = platform.again();
    platform.jvm().kill(() -> killed.accept(""));
    platform = PlatformProcess.start(again);
  }

  @Override
  public void close() {
    worker.process().close();
    platform.close();
  }
}
