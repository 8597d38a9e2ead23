package io.millrace.benchmarks.process;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * Resident memory of a process, heap and native together.
 *
 * <p>Source: proc_pid_status(5), {@code VmRSS}, in KiB.
 */
public final class ProcessMemory {
  private static final long KIB = 1024;

  private ProcessMemory() {}

  /**
   * What a process holds now, bytes.
   *
   * @throws UncheckedIOException if there is no such process, or no Linux below
   */
  public static long of(long pid) {
    try {
      return parse(Files.readAllLines(Path.of("/proc", Long.toString(pid), "status")));
    } catch (IOException e) {
      throw new UncheckedIOException("resident memory is read from Linux's /proc: " + e, e);
    }
  }

  /**
   * Reads the lines of {@code /proc/PID/status}.
   *
   * @throws IllegalArgumentException if none says it
   */
  static long parse(List<String> status) {
    return status.stream()
        .filter(line -> line.startsWith("VmRSS:"))
        .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")) * KIB)
        .findFirst()
        .orElseThrow(() -> new IllegalArgumentException("no VmRSS in " + status));
  }
}
