package io.millrace.benchmarks.process;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;

/**
 * A JVM of its own with this JVM's class path; what it prints goes to a file. It does not outlive
 * this JVM if that ends in order.
 */
public final class ChildJvm implements AutoCloseable {
  private static final Duration POLL = Duration.ofMillis(20);
  private static final Duration STOP = Duration.ofSeconds(20);
  private static final int TAIL_LINES = 15;

  private final String name;
  private final Process process;
  private final Path log;
  private final Thread endWithThis;

  private ChildJvm(String name, Process process, Path log) {
    this.name = name;
    this.process = process;
    this.log = log;
    this.endWithThis = new Thread(process::destroyForcibly, "end-" + name);
    Runtime.getRuntime().addShutdownHook(endWithThis);
  }

  /**
   * Starts a JVM and returns at once.
   *
   * @param name for messages, and of the file for its output
   * @param directory for that file
   * @param jvmOptions such as {@code -Xmx1g}
   */
  public static ChildJvm start(
      String name, Path directory, List<String> jvmOptions, String mainClass, List<String> args) {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(inherited());
    command.addAll(jvmOptions);
    command.add("-cp");
    command.add(System.getProperty("java.class.path"));
    command.add(mainClass);
    command.addAll(args);
    Path log = directory.resolve(name + ".log");
    try {
      Process process =
          new ProcessBuilder(command)
              .redirectErrorStream(true)
              .redirectOutput(ProcessBuilder.Redirect.appendTo(log.toFile()))
              .start();
      process.getOutputStream().close();
      return new ChildJvm(name, process, log);
    } catch (IOException e) {
      throw new UncheckedIOException("the process %s cannot be started: %s".formatted(name, e), e);
    }
  }

  /** What the launcher gives every JVM: class data archive, huge pages, when to optimize. */
  private static List<String> inherited() {
    return ManagementFactory.getRuntimeMXBean().getInputArguments().stream()
        .filter(
            a ->
                a.startsWith("-XX:SharedArchiveFile=")
                    || a.startsWith("-Xshare")
                    || a.startsWith("-XX:Tier4")
                    || a.equals("-XX:+UseTransparentHugePages"))
        .toList();
  }

  /** Its process id. */
  public long pid() {
    return process.pid();
  }

  /** Whether it runs. */
  public boolean alive() {
    return process.isAlive();
  }

  /** Where its output is. */
  public Path log() {
    return log;
  }

  /** Processor time it has used since it started. */
  public Duration cpu() {
    return ProcessCpu.of(pid());
  }

  /**
   * Waits for a condition.
   *
   * @param what it is that is waited for, for the message
   * @throws ChildFailedException if the process ends before, or the time is over
   */
  public void await(String what, Duration timeout, BooleanSupplier condition) {
    long end = System.nanoTime() + timeout.toNanos();
    while (!condition.getAsBoolean()) {
      if (!alive()) {
        throw new ChildFailedException(
            "the process %s ended with code %d before %s; its last lines:%n%s"
                .formatted(name, process.exitValue(), what, tail()));
      }
      if (System.nanoTime() - end > 0) {
        throw new ChildFailedException(
            "the process %s: %s took longer than %d s; its last lines:%n%s"
                .formatted(name, what, timeout.toSeconds(), tail()));
      }
      pause(POLL);
    }
  }

  /**
   * Waits until it has ended by itself.
   *
   * @throws ChildFailedException if it ends with another code than 0, or not in time
   */
  public void awaitEnd(Duration timeout) {
    try {
      if (!process.waitFor(timeout.toMillis(), TimeUnit.MILLISECONDS)) {
        throw new ChildFailedException(
            "the process %s did not end within %d s".formatted(name, timeout.toSeconds()));
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new ChildFailedException("interrupted");
    }
    if (process.exitValue() != 0) {
      throw new ChildFailedException(
          "the process %s ended with code %d; its last lines:%n%s"
              .formatted(name, process.exitValue(), tail()));
    }
  }

  /**
   * Ends it as {@code kill -9} does and waits until it is gone.
   *
   * @param sent run when the signal is sent, which is some milliseconds before
   */
  public void kill(Runnable sent) {
    process.destroyForcibly();
    sent.run();
    gone();
  }

  /** Asks it to stop in order and waits; kills it when that takes longer than 20 s. */
  public void terminate() {
    process.destroy();
    try {
      if (!process.waitFor(STOP.toMillis(), TimeUnit.MILLISECONDS)) {
        process.destroyForcibly();
      }
    } catch (InterruptedException e) {
      process.destroyForcibly();
      Thread.currentThread().interrupt();
    }
    gone();
  }

  /** Holds the whole process (SIGSTOP) or lets it go on (SIGCONT). */
  public void signal(String signal) {
    try {
      int code = new ProcessBuilder("kill", "-" + signal, Long.toString(pid())).start().waitFor();
      if (code != 0) {
        throw new ChildFailedException("kill -%s %d ended with %d".formatted(signal, pid(), code));
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void gone() {
    try {
      process.waitFor();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    try {
      Runtime.getRuntime().removeShutdownHook(endWithThis);
    } catch (IllegalStateException e) {
      // This JVM is ending: the hook has run.
      return;
    }
  }

  private String tail() {
    try {
      List<String> lines = Files.readAllLines(log, StandardCharsets.UTF_8);
      return String.join("\n", lines.subList(Math.max(0, lines.size() - TAIL_LINES), lines.size()));
    } catch (IOException e) {
      return "(" + log + " cannot be read: " + e.getMessage() + ")";
    }
  }

  /** Waits a while. */
  static void pause(Duration time) {
    try {
      Thread.sleep(time.toMillis());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new ChildFailedException("interrupted");
    }
  }

  @Override
  public void close() {
    if (alive()) {
      terminate();
    } else {
      gone();
    }
  }
}
