package io.millrace.benchmarks.cli;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import picocli.CommandLine.Option;

/** What the JVMs of the platform and of the worker that a command starts are given. */
final class JvmOptions {
  @Option(
      names = "--platform-jvm",
      split = " ",
      description = "Options of the platform's JVM (${DEFAULT-VALUE}).")
  private List<String> platform;

  @Option(
      names = "--worker-jvm",
      split = " ",
      description = "Options of the worker's JVM (${DEFAULT-VALUE}).")
  private List<String> worker;

  /** With what holds where nothing else is asked for. */
  JvmOptions(List<String> platform, List<String> worker) {
    this.platform = platform;
    this.worker = worker;
  }

  List<String> platform() {
    return platform;
  }

  List<String> worker() {
    return worker;
  }

  /** Says in a document what they were. */
  void describe(ObjectNode document) {
    document.put("platform_jvm", String.join(" ", platform));
    document.put("worker_jvm", String.join(" ", worker));
  }
}
