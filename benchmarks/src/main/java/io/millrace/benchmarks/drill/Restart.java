package io.millrace.benchmarks.drill;

import io.millrace.benchmarks.client.Connection;
import io.millrace.benchmarks.process.ChildJvm;
import io.millrace.benchmarks.process.PlatformProcess;
import java.util.List;
import java.util.function.Consumer;

/**
 * Kills the application {@code operations}, which runs apart from broker and registry, and between
 * the kills restarts all three in order.
 */
final class Restart implements Scenario {
  private final Machinery machinery;
  private final Machinery.Named worker;
  private PlatformProcess platform;
  private ChildJvm operations;

  Restart(Machinery machinery) {
    this.machinery = machinery;
    this.platform = machinery.platform("none");
    this.operations = machinery.operations(platform.connection());
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
    operations.kill(() -> killed.accept(""));
    operations = machinery.operations(platform.connection());
  }

  @Override
  public boolean restart(Runnable stopping) {
    PlatformProcess.Options again = platform.again();
    stopping.run();
    operations.terminate();
    platform.jvm().terminate();
    platform = PlatformProcess.start(again);
    operations = machinery.operations(platform.connection());
    return true;
  }

  @Override
  public void close() {
    worker.process().close();
    operations.close();
    platform.close();
  }
}
