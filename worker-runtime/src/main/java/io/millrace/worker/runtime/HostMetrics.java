package io.millrace.worker.runtime;

import com.sun.management.OperatingSystemMXBean;
import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * What the worker's process and its host use, in base units; what the system does not say is left
 * out.
 *
 * <p>Not safe for use by several threads.
 */
final class HostMetrics {

  private final @Nullable OperatingSystemMXBean system =
      ManagementFactory.getOperatingSystemMXBean() instanceof OperatingSystemMXBean bean
          ? bean
          : null;
  private final File directory = new File("").getAbsoluteFile();
  private long readAt;
  private long cpuNanosThen = -1;

  /**
   * Reads them.
   *
   * @param now nanoseconds on a monotonic clock
   * @return by name; {@code process_cpu_cores} is how many cores the process has kept busy since
   *     the last time, {@code host_cpu_share} is of all cores, 0 to 1
   */
  Map<String, Double> read(long now) {
    Map<String, Double> metrics = new LinkedHashMap<>();
    Runtime runtime = Runtime.getRuntime();
    metrics.put("heap_used_bytes", (double) (runtime.totalMemory() - runtime.freeMemory()));
    residentBytes().ifPresent(bytes -> metrics.put("rss_bytes", bytes));
    metrics.put("disk_free_bytes", (double) directory.getUsableSpace());
    metrics.put("disk_bytes", (double) directory.getTotalSpace());
    metrics.put("host_cpus", (double) runtime.availableProcessors());
    if (system != null) {
      long cpuNanos = system.getProcessCpuTime();
      if (cpuNanos >= 0) {
        metrics.put("process_cpu_seconds", cpuNanos / 1e9);
        if (cpuNanosThen >= 0 && now > readAt) {
          metrics.put("process_cpu_cores", (cpuNanos - cpuNanosThen) / (double) (now - readAt));
        }
        cpuNanosThen = cpuNanos;
        readAt = now;
      }
      double share = system.getCpuLoad();
      if (share >= 0) {
        metrics.put("host_cpu_share", share);
      }
      metrics.put("host_memory_bytes", (double) system.getTotalMemorySize());
      metrics.put("host_memory_free_bytes", (double) system.getFreeMemorySize());
    }
    return metrics;
  }

  /** Resident memory; empty where the system does not say. */
  private static OptionalDouble residentBytes() {
    try (Stream<String> lines = Files.lines(Path.of("/proc/self/status"))) {
      return lines
          .filter(line -> line.startsWith("VmRSS:"))
          .mapToDouble(line -> Double.parseDouble(line.replaceAll("\\D", "")) * 1024)
          .findFirst();
    } catch (IOException | UncheckedIOException | NumberFormatException e) {
      return OptionalDouble.empty();
    }
  }
}
