package io.millrace.platform.demo;

import io.millrace.platform.embedded.Endpoints;
import io.millrace.toolworker.ToolWorkerConfig;
import io.millrace.toolworker.builtin.AppendLineTool;
import io.millrace.worker.runtime.WorkerConfig;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.io.Writer;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Properties;
import java.util.concurrent.TimeUnit;

/** A tool worker in a process of its own, made to be killed. */
final class WorkerProcess implements AutoCloseable {

  private static final List<String> JVM =
      List.of(
          "-Xmx128m",
          "-XX:+UseSerialGC",
          "-XX:TieredStopAtLevel=1",
          "-Xshare:auto",
          "-Xlog:disable",
          "-Xlog:all=error:stderr",
          "-Dfile.encoding=UTF-8",
          "-Dmillrace.log.level=warn");
  private static final List<String> INHERITED =
      List.of("-XX:SharedArchiveFile=", "-Dlog4j2.configurationFile=");

  private final String id;
  private final Path log;
  private final Process process;

  private WorkerProcess(String id, Path log, Process process) {
    this.id = id;
    this.log = log;
    this.process = process;
  }

  /**
   * Starts it; it takes tasks some seconds later.
   *
   * @param id the worker's name
   * @param folder for its settings and its log
   * @param effects where it may append lines
   */
  static WorkerProcess start(String id, Endpoints endpoints, int slots, Path folder, Path effects) {
    try {
      Files.createDirectories(effects);
      Path settings = folder.resolve(id + ".properties");
      Path log = folder.resolve(id + ".log");
      Properties properties = new Properties();
      properties.setProperty(WorkerConfig.BOOTSTRAP_SERVERS, endpoints.bootstrapServers());
      properties.setProperty(WorkerConfig.SCHEMA_REGISTRY_URL, endpoints.schemaRegistryUrl());
      properties.setProperty(WorkerConfig.WORKER_ID, id);
      properties.setProperty(WorkerConfig.POOLS, DemoTargets.CRASH_POOL);
      properties.setProperty(WorkerConfig.SLOTS, Integer.toString(slots));
      properties.setProperty(ToolWorkerConfig.HTTP_PORT, "0");
      properties.setProperty(AppendLineTool.DIRECTORY, effects.toString());
      try (Writer writer = Files.newBufferedWriter(settings)) {
        properties.store(writer, null);
      }
      Process process =
          new ProcessBuilder(command(settings))
              .redirectErrorStream(true)
              .redirectOutput(log.toFile())
              .start();
      return new WorkerProcess(id, log, process);
    } catch (IOException e) {
      throw new UncheckedIOException("a worker's process cannot be started: " + e.getMessage(), e);
    }
  }

  private static List<String> command(Path settings) {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(JVM);
    ManagementFactory.getRuntimeMXBean().getInputArguments().stream()
        .filter(argument -> INHERITED.stream().anyMatch(argument::startsWith))
        .forEach(command::add);
    command.add("-cp");
    command.add(System.getProperty("java.class.path"));
    command.add(WorkerProcessMain.class.getName());
    command.add("--config");
    command.add(settings.toString());
    return command;
  }

  /** The worker's name. */
  String id() {
    return id;
  }

  /** Its process id. */
  long pid() {
    return process.pid();
  }

  /** Whether it runs. */
  boolean alive() {
    return process.isAlive();
  }

  /** The last lines of its log, on one line. */
  String lastWords() {
    try {
      List<String> lines = Files.readAllLines(log);
      return String.join(" | ", lines.subList(Math.max(0, lines.size() - 3), lines.size()));
    } catch (IOException e) {
      return "its log cannot be read: " + e.getMessage();
    }
  }

  /** Ends it as {@code kill -9} does and waits until it is gone. */
  void kill() {
    process.destroyForcibly();
    try {
      process.waitFor(5, TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  @Override
  public void close() {
    kill();
  }
}
