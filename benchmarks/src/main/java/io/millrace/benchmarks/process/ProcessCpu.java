package io.millrace.benchmarks.process;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.stream.Stream;

/**
 * Processor time of a process, user and system, its children that have ended included.
 *
 * <p>Source: proc_pid_stat(5), fields 14 to 17, in ticks of which Linux shows 100 a second.
 */
public final class ProcessCpu {
  private static final int UTIME = 11;
  private static final int CSTIME = 14;
  private static final long MILLIS_PER_TICK = 10;

  private ProcessCpu() {}

  /**
   * What a process has used until now, to 10 ms.
   *
   * @throws UncheckedIOException if there is no such process, or no Linux below
   */
  public static Duration of(long pid) {
    try {
      return parse(Files.readString(Path.of("/proc", Long.toString(pid), "stat")));
    } catch (IOException e) {
      throw new UncheckedIOException("processor time is read from Linux's /proc: " + e, e);
    }
  }

  /**
   * What the JIT compilers of a JVM have used until now: its threads whose names, cut to 15
   * characters by Linux, begin with {@code C1 Compiler} or {@code C2 Compiler}.
   *
   * @throws UncheckedIOException if there is no such process, or no Linux below
   */
  public static Duration ofCompilers(long pid) {
    try (Stream<Path> threads = Files.list(Path.of("/proc", Long.toString(pid), "task"))) {
      return threads
          .map(ProcessCpu::stat)
          .filter(stat -> stat.contains("(C1 Compiler") || stat.contains("(C2 Compiler"))
          .map(ProcessCpu::parse)
          .reduce(Duration.ZERO, Duration::plus);
    } catch (IOException e) {
      throw new UncheckedIOException("processor time is read from Linux's /proc: " + e, e);
    }
  }

  /** Empty for a thread that has ended meanwhile. */
  private static String stat(Path thread) {
    try {
      return Files.readString(thread.resolve("stat"));
    } catch (IOException e) {
      return "";
    }
  }

  /** What this process has used. */
  public static Duration ofThis() {
    return of(ProcessHandle.current().pid());
  }

  /**
   * Reads one line of {@code /proc/PID/stat}.
   *
   * @throws IllegalArgumentException if it is none
   */
  static Duration parse(String stat) {
    // The second field is the name of the program, in parentheses, and may hold anything.
    int end = stat.lastIndexOf(')');
    String[] fields = stat.substring(end + 1).trim().split("\\s+");
    if (end < 0 || fields.length <= CSTIME) {
      throw new IllegalArgumentException("not a line of /proc/PID/stat: " + stat);
    }
    long ticks = 0;
    for (int i = UTIME; i <= CSTIME; i++) {
      ticks += Long.parseLong(fields[i]);
    }
    return Duration.ofMillis(ticks * MILLIS_PER_TICK);
  }
}
