package io.millrace.benchmarks.drill;

import io.millrace.benchmarks.client.Connection;
import io.millrace.benchmarks.client.Declarations;
import io.millrace.benchmarks.process.ChildJvm;
import io.millrace.benchmarks.process.PlatformProcess;
import io.millrace.benchmarks.process.WorkDirectory;
import io.millrace.benchmarks.process.WorkerProcess;
import io.millrace.toolworker.builtin.AppendLineTool;
import io.millrace.topologies.OperationsConfig;
import io.millrace.topologies.OperationsMain;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/** Starts the processes of drills. */
final class Machinery {
  private static final List<String> PLATFORM_JVM = List.of("-XX:+UseSerialGC", "-Xmx1g");
  private static final List<String> WORKER_JVM =
      List.of("-XX:+UseSerialGC", "-Xmx256m", "-XX:TieredStopAtLevel=1");
  private static final int SLOTS = 64;

  private final WorkDirectory work;
  private final Effects effects;
  private int workers;

  Machinery(WorkDirectory work, Effects effects) {
    this.work = work;
    this.effects = effects;
  }

  /** A platform with the pool and the tools of the drill. */
  PlatformProcess platform(String parts) {
    PlatformProcess platform =
        PlatformProcess.start(new PlatformProcess.Options(work.path(), parts, PLATFORM_JVM, false));
    Declarations.declare(
        platform.connection(),
        List.of(
            Declarations.tool(CallDriver.IDEMPOTENT, "sleep", true),
            Declarations.tool(CallDriver.NON_IDEMPOTENT, "append-line", false)));
    return platform;
  }

  /** A further worker, which may not be ready yet. */
  Named worker(Connection connection) {
    String name = "worker-" + ++workers;
    return new Named(
        name,
        WorkerProcess.launch(
            name,
            connection,
            work.path(),
            WORKER_JVM,
            Map.of(
                "slots",
                Integer.toString(SLOTS),
                AppendLineTool.DIRECTORY,
                effects.directory(name).toString())));
  }

  /** The application {@code operations} in a process of its own, a static member of its group. */
  ChildJvm operations(Connection connection) {
    Path file = work.path().resolve("operations.properties");
    try {
      Files.writeString(
          file,
          """
          %s=%s
          %s=%s
          %s=%s
          group.instance.id=operations-1
          """
              .formatted(
                  OperationsConfig.BOOTSTRAP_SERVERS,
                  connection.bootstrap(),
                  OperationsConfig.SCHEMA_REGISTRY_URL,
                  connection.registry(),
                  OperationsConfig.STATE_DIR,
                  work.sub("state")));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return ChildJvm.start(
        "operations",
        work.path(),
        PLATFORM_JVM,
        OperationsMain.class.getName(),
        List.of(file.toString()));
  }

  /** A worker and its name. */
  record Named(String name, WorkerProcess process) {}
}
